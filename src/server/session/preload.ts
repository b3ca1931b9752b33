/** Settings that name libraries for a session to load at its start: where one cannot be loaded, nobody gets in. */
import { ConnectionError, messageOf } from '../../errors.js'
import type { NamedValue } from '../../telling/settings.js'
import { tellable } from '../../telling/tellable.js'
import type { Server } from '../server.js'

const preloads = new Set(['local_preload_libraries', 'session_preload_libraries'])
/** Whoever came in then would have been refused as well: no room, a shutdown, a wrong password, a database that is gone. */
const nothingSaid = /^(?:08|28|3D|53|57)/

/**
 * What the server says to a session that starts with the setting (manual, "Shared Library Preloading"); undefined where it
 * starts, and for every setting that loads nothing. `database` is the one to connect to, where it is not the maintenance database.
 */
export async function preloadRefusal(
  server: Pick<Server, 'connect'>,
  { name, value }: NamedValue,
  database?: string,
): Promise<string | undefined> {
  if (!preloads.has(name.toLowerCase())) return undefined
  try {
    const session = await server.connect(database, { settings: { [name]: value } })
    await session.close()
    return undefined
  } catch (error) {
    const { sqlState, cause } = error instanceof ConnectionError ? error : {}
    if (sqlState === undefined || nothingSaid.test(sqlState)) throw error
    return tellable(messageOf(cause))
  }
}
