/**
 * Client tools that were fetched before: `<tool cache>/postgresql-client/18.6/x64`, with a marker file beside it.
 * The marker is written last and holds the hash of every file, so whatever a killed run left is never trusted.
 */
import { createHash, randomBytes } from 'node:crypto'
import {
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, messageOf, UpgradeError } from '../errors.js'
import { makeFolder } from '../folders.js'
import { systemOf, type Host } from './host.js'
import { clientSources, type ClientSource } from './tools.js'

/** What the marker file says. */
export interface Marker {
  readonly format: 1
  readonly version: string
  readonly from: ClientSource
  /** Where the tools came from, in a few words. */
  readonly origin: string
  /** The system that they run on: `debian-12`. */
  readonly system: string
  /** The only place that they run in. */
  readonly directory: string
  /** What the programs need in their environment to run. */
  readonly environment: Readonly<Record<string, string>>
  /** SHA-256 of every file, or the target of a symbolic link, by path within the directory. */
  readonly files: Readonly<Record<string, string>>
}

/** What to do where client tools cannot be put into the tool cache, or not be run there. */
export const toolCacheHint =
  'Set RUNNER_TOOL_CACHE to a folder (on the command line XDG_CACHE_HOME to one above it) that this user may write to and run programs from, on a disk that has room.'

const toolName = 'postgresql-client'
/** Nothing takes this long to fetch: what is older was left by a run that was killed. */
const staleMs = 60 * 60 * 1000

/** The whole installations of one major, newest minor first. */
export async function listToolCache(
  toolCache: string,
  major: number,
  host: Host,
): Promise<Marker[]> {
  const base = join(toolCache, toolName)
  const versions = (await readdir(base).catch(() => []))
    .filter((version) => Number.parseInt(version, 10) === major)
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  const markers: Marker[] = []
  for (const version of versions) {
    for (const directory of placesOf(toolCache, version, host)) {
      const marker = await readWhole(directory, host)
      if (marker !== undefined) markers.push(marker)
    }
  }
  return markers
}

/** A folder of this run's own inside the tool cache; leftovers of runs that were killed are removed. */
export async function makeStagingFolder(toolCache: string): Promise<string> {
  const base = join(toolCache, toolName)
  try {
    await makeFolder(base)
    for (const name of await readdir(base)) {
      const path = join(base, name)
      if (!name.startsWith('.staging-')) continue
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }))
      if (Date.now() - mtimeMs > staleMs) await rm(path, { recursive: true, force: true })
    }
    const staging = join(base, `.staging-${randomBytes(6).toString('hex')}`)
    await mkdir(staging)
    return staging
  } catch (error) {
    throw new UpgradeError(
      `Could not make a folder in the tool cache ${base}: ${messageOf(error)}`,
      {
        code: 'client-tool-cache',
        side: 'runner',
        hint: toolCacheHint,
        cause: error,
      },
    )
  }
}

/**
 * The place for tools of this version: `18.6/x64`, or one of its own when a whole installation for another system
 * is there, as on a runner that shares its tool cache with containers.
 */
export async function choosePlace(toolCache: string, version: string, host: Host): Promise<string> {
  const [usual, own] = placesOf(toolCache, version, host)
  const marker = await readMarker(usual)
  const isTaken =
    marker !== undefined &&
    (marker.system !== systemOf(host) || marker.directory !== usual) &&
    (await isWhole(usual, marker))
  return isTaken ? own : usual
}

/** Puts a finished folder into its place and marks it complete. A whole one that another run put there stays. */
export async function placeTools(
  folder: string,
  details: Omit<Marker, 'format' | 'files'>,
  host: Host,
): Promise<Marker> {
  const { directory } = details
  const marker: Marker = { format: 1, ...details, files: await hashFiles(folder) }
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const present = await readWhole(directory, host)
    if (present !== undefined) return present
    // A folder that came whole but whose run was killed, or is just about to mark it.
    if (!(await isWhole(directory, marker))) {
      await moveAway(directory, join(folder, `../replaced-${attempt}`))
      await makeFolder(join(directory, '..'))
      if (!(await moveInto(folder, directory))) continue
    }
    const written = join(folder, '../complete')
    await writeFile(written, JSON.stringify(marker))
    await rename(written, `${directory}.complete`)
    return marker
  }
  throw new UpgradeError(
    `Could not put the client tools into ${directory}: other runs keep changing it.`,
    {
      code: 'client-tool-cache',
      side: 'runner',
      hint: 'Give each runner a tool cache of its own (RUNNER_TOOL_CACHE).',
    },
  )
}

function placesOf(toolCache: string, version: string, host: Host): [string, string] {
  const usual = join(toolCache, toolName, version, host.architecture)
  const digest = createHash('sha256')
    .update(`${systemOf(host)} ${usual}`)
    .digest('hex')
  return [usual, `${usual}-${digest.slice(0, 8)}`]
}

async function readWhole(directory: string, host: Host): Promise<Marker | undefined> {
  const marker = await readMarker(directory)
  if (marker?.directory !== directory || marker.system !== systemOf(host)) return undefined
  return (await isWhole(directory, marker)) ? marker : undefined
}

async function readMarker(directory: string): Promise<Marker | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(`${directory}.complete`, 'utf8'))
    return isMarker(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Is this what a marker file holds? */
export function isMarker(value: unknown): value is Marker {
  if (typeof value !== 'object' || value === null) return false
  const marker = value as Partial<Record<keyof Marker, unknown>>
  return (
    marker.format === 1 &&
    [marker.version, marker.origin, marker.system, marker.directory].every(
      (text) => typeof text === 'string',
    ) &&
    clientSources.some((name) => name === marker.from) &&
    [marker.environment, marker.files].every((map) => typeof map === 'object' && map !== null)
  )
}

/** Is the folder exactly what the marker says, file by file? */
export async function isWhole(directory: string, marker: Marker): Promise<boolean> {
  try {
    const files = await hashFiles(directory)
    const names = Object.keys(marker.files)
    return (
      Object.keys(files).length === names.length &&
      names.every((name) => files[name] === marker.files[name])
    )
  } catch {
    return false
  }
}

async function hashFiles(directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const name of (await readdir(directory, { recursive: true })).sort()) {
    const path = join(directory, name)
    const kind = await lstat(path)
    if (kind.isSymbolicLink()) files[name] = `link to ${await readlink(path)}`
    else if (kind.isFile()) {
      files[name] = createHash('sha256')
        .update(await readFile(path))
        .digest('hex')
    }
  }
  return files
}

async function moveAway(directory: string, to: string): Promise<void> {
  await rm(`${directory}.complete`, { force: true })
  await moveInto(directory, to)
}

/** False when there is nothing to move, or something is in the way. */
async function moveInto(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to)
    return true
  } catch (error) {
    const code = codeOf(error)
    if (code === 'ENOENT' || code === 'ENOTEMPTY' || code === 'EEXIST') return false
    throw error
  }
}
