/** Which names, comments and settings of a whole server a move takes with it. */
import { readSharedTexts, type SharedText } from '../server/index.js'
import type { ServerContext } from './check.js'

/** Those outside ASCII: what is moved by itself, and what goes with a database whatever becomes of the roles. */
export async function readMovedTexts(context: ServerContext): Promise<SharedText[]> {
  const { sourceSession, databases, roles } = context
  const texts = await readSharedTexts(sourceSession)
  return texts.filter(({ database }) =>
    database === undefined ? roles !== 'skip' : databases.includes(database),
  )
}
