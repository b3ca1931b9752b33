/** Client tools that an earlier run put into the tool cache. */
import { join } from 'node:path'
import { restoreTools } from '../actions-cache.js'
import { listToolCache, type Marker } from '../tool-cache.js'
import { found, notFound, type FoundTools, type ToolSource } from './source.js'
import type { ClientSource } from '../tools.js'

/** The source `cache`; with a name, only what that source fetched. */
export function cache(fetchedBy?: ClientSource): ToolSource {
  return {
    name: 'cache',
    find: async (request) => {
      const isWanted = ({ from }: Marker) => fetchedBy === undefined || from === fetchedBy
      const here = await listToolCache(request.toolCache, request.major, request.host)
      const markers = here.filter(isWanted)
      if (markers.length > 0) return found(...markers.map(toolsOf))
      const restored = await restoreTools(request)
      return restored !== undefined && isWanted(restored)
        ? found(toolsOf(restored))
        : notFound('empty')
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
