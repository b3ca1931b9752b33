/** Client tools that an earlier run put into the tool cache. */
import { join } from 'node:path'
import { listToolCache, type Marker } from '../tool-cache.js'
import { found, notFound, type FoundTools, type ToolSource } from './source.js'
import type { ClientSource } from '../tools.js'

/** The source `cache`; with a name, only what that source fetched. */
export function cache(fetchedBy?: ClientSource): ToolSource {
  return {
    name: 'cache',
    find: async ({ host, major, toolCache }) => {
      const markers = await listToolCache(toolCache, major, host)
      const wanted = markers.filter(({ from }) => fetchedBy === undefined || from === fetchedBy)
      return wanted.length === 0 ? notFound('empty') : found(...wanted.map(toolsOf))
    },
  }
}

/** The tools that a marker stands for. */
export function toolsOf(marker: Marker): FoundTools {
  return {
    directory: join(marker.directory, 'bin'),
    environment: marker.environment,
    origin: `${marker.origin}, fetched by an earlier run`,
  }
}
