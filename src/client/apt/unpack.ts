/** From Debian packages to a folder of client tools that runs by itself, with its own C library. */
import { readdir, rename } from 'node:fs/promises'
import { basename, join } from 'node:path'
import pLimit from 'p-limit'
import { UpgradeError } from '../../errors.js'
import { makeFolder } from '../../folders.js'
import { runCommand } from '../command.js'
import { commandEnvironment, type DebianNames, type Host } from '../host.js'
import { toolCacheHint } from '../tool-cache.js'
import { toolNames } from '../tools.js'

export interface Unpacking {
  readonly host: Host
  readonly names: DebianNames
  readonly major: number
  /** Folder that the packages are unpacked into, as if it were the root of a system. */
  readonly root: string
  readonly signal: AbortSignal
}

/**
 * Unpacks packages whose signatures have been checked; nothing in them is run, and dpkg's database is not touched. Of several that
 * fail, the first is told, when none writes into the folder any more: whoever hears of it removes the folder.
 */
export async function unpackPackages(
  unpacking: Unpacking,
  packages: readonly string[],
): Promise<void> {
  const limit = pLimit(4)
  await makeFolder(unpacking.root)
  const unpack = (file: string) =>
    run(unpacking, 'dpkg-deb', ['--extract', file, unpacking.root], `unpack ${basename(file)}`)
  const ended = await Promise.allSettled(packages.map((file) => limit(unpack, file)))
  const failed = ended.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/**
 * The version of the client package among the files of a download: `18.6` of
 * `postgresql-client-18_18.6-1.pgdg24.04+1_amd64.deb`, `19beta1` of `…_19~beta1-1_amd64.deb`.
 */
export function clientPackageVersion(
  packages: readonly string[],
  major: number,
): string | undefined {
  for (const file of packages) {
    const [name, version = ''] = basename(file).split('_')
    const match = /^(\d+(?:\.\d+|~(?:beta|rc)\d+))/.exec(decodeURIComponent(version))
    if (name === `postgresql-client-${major}`) return match?.[1]?.replace('~', '')
  }
  return undefined
}

/** Moves the five programs and all unpacked libraries into the folders `bin` and `lib` of `into`. */
export async function gatherTools(unpacking: Unpacking, into: string): Promise<void> {
  const { root, major, names } = unpacking
  await makeFolder(join(into, 'bin'))
  await makeFolder(join(into, 'lib'))
  for (const tool of toolNames) {
    await rename(
      join(root, 'usr/lib/postgresql', String(major), 'bin', tool),
      join(into, 'bin', tool),
    )
  }
  for (const folder of [join(root, 'lib', names.triplet), join(root, 'usr/lib', names.triplet)]) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (/\.so(?:\.|$)/.test(name)) await rename(join(folder, name), join(into, 'lib', name))
    }
  }
}

/**
 * Writes into the five programs in `folder` that their loader and libraries are those of `home`/lib, the folder's
 * place once it is done. DT_RPATH rather than DT_RUNPATH: it also holds for the libraries that libraries load.
 * patchelf comes from the same packages and is run by their own loader, so the host needs to have nothing.
 */
export async function bindToLibraries(
  unpacking: Unpacking,
  folder: string,
  home: string,
): Promise<void> {
  const { root, names } = unpacking
  const libraries = join(folder, 'lib')
  await run(
    unpacking,
    join(libraries, names.loader),
    [
      '--library-path',
      libraries,
      join(root, 'usr/bin/patchelf'),
      '--set-interpreter',
      join(home, 'lib', names.loader),
      '--force-rpath',
      '--set-rpath',
      join(home, 'lib'),
      ...toolNames.map((tool) => join(folder, 'bin', tool)),
    ],
    'bind the client tools to their libraries',
  )
}

async function run(
  { host, root, signal }: Unpacking,
  program: string,
  args: readonly string[],
  doing: string,
): Promise<void> {
  const environment = commandEnvironment(host, root)
  const result = await runCommand({ program, arguments: args, environment, signal })
  if (result.exitCode === 0) return
  throw new UpgradeError(`Could not ${doing}: ${result.stderr.trim()}`, {
    code: 'client-unpack',
    side: 'runner',
    hint: toolCacheHint,
  })
}
