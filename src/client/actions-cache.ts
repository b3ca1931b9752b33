/** The cache that GitHub keeps between jobs: client tools go in after a download, and come out before the next. Never a reason to fail. */
import { cp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, throwIfCancelled } from '../errors.js'
import { makeFolder } from '../folders.js'
import { atMost, cachePatienceMs } from '../at-most.js'
import { systemOf } from './host.js'
import type { SourceRequest } from './sources/source.js'
import {
  choosePlace,
  isMarker,
  isWhole,
  makeStagingFolder,
  placeTools,
  type Marker,
} from './tool-cache.js'

/** Tools of the wanted major out of the Actions cache, put into the tool cache; undefined when there are none. */
export async function restoreTools(request: SourceRequest): Promise<Marker | undefined> {
  return withCache(request, 'restore client tools from', async ({ restoreCache }, folder) => {
    const prefix = keyPrefix(request)
    const key = await restoreCache([folder], prefix, [prefix])
    if (key === undefined) return undefined
    return await takeOver(request, folder)
  })
}

/** Puts tools that have just been fetched and proven into the Actions cache. */
export async function saveTools(request: SourceRequest, marker: Marker): Promise<void> {
  await withCache(request, 'save client tools to', async ({ saveCache }, folder) => {
    await makeFolder(folder)
    await cp(marker.directory, join(folder, 'tools'), { recursive: true, verbatimSymlinks: true })
    await writeFile(join(folder, 'marker.json'), JSON.stringify(marker))
    const minor = marker.version.slice(marker.version.indexOf('.') + 1)
    await saveCache([folder], `${keyPrefix(request)}${minor}`)
  })
}

const weekMs = 7 * 24 * 60 * 60 * 1000

/**
 * System, processor, week and major; the minor follows. Entries are never changed, and are kept as long as somebody
 * reads them: without the week, tools of an old minor would be used for ever.
 */
function keyPrefix({ host, major }: SourceRequest): string {
  const week = Math.floor(Date.now() / weekMs)
  return `postgresql-client-${systemOf(host)}-${host.architecture}-week${week}-${major}.`
}

/** What is used of `@actions/cache`, which is loaded only where there is a cache. */
interface CacheModule {
  readonly restoreCache: (
    paths: string[],
    key: string,
    prefixes: string[],
  ) => Promise<string | undefined>
  readonly saveCache: (paths: string[], key: string) => Promise<number>
}

/**
 * Gives `work` the cache and the folder that it packs: always the same path, for the service takes the path
 * for a part of the key. Whatever goes wrong is a line in the log.
 */
async function withCache<T>(
  request: SourceRequest,
  doing: string,
  work: (cache: CacheModule, folder: string) => Promise<T>,
): Promise<T | undefined> {
  const { host, log, signal, toolCache } = request
  const { ACTIONS_CACHE_URL, ACTIONS_RESULTS_URL } = host.environment
  if ((ACTIONS_CACHE_URL ?? ACTIONS_RESULTS_URL ?? '') === '') return undefined
  const folder = join(toolCache, 'postgresql-client', '.actions-cache')
  try {
    const cache = await import('@actions/cache')
    if (!cache.isFeatureAvailable()) return undefined
    await rm(folder, { recursive: true, force: true })
    return await atMost(cachePatienceMs, work(cache, folder), signal)
  } catch (error) {
    throwIfCancelled(signal)
    log.debug(`Could not ${doing} the Actions cache: ${messageOf(error)}`)
    return undefined
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** Only what is whole, for this system and for this very place, is put into the tool cache. */
async function takeOver(request: SourceRequest, folder: string): Promise<Marker | undefined> {
  const { host, log, major, toolCache } = request
  const marker: unknown = JSON.parse(await readFile(join(folder, 'marker.json'), 'utf8'))
  const isOurs =
    isMarker(marker) &&
    marker.system === systemOf(host) &&
    Number.parseInt(marker.version, 10) === major &&
    marker.directory === (await choosePlace(toolCache, marker.version, host)) &&
    (await isWhole(join(folder, 'tools'), marker))
  if (!isOurs) {
    log.debug('The Actions cache holds client tools that are damaged or not for this machine.')
    return undefined
  }
  const staging = await makeStagingFolder(toolCache)
  try {
    await rename(join(folder, 'tools'), join(staging, 'tools'))
    return await placeTools(join(staging, 'tools'), marker, host)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}
