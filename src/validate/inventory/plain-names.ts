/** Names as both majors would write them: the list of keywords grows, and a name is quoted only where it is one. */
import type { Server, Session } from '../../server/index.js'
import type { Both } from '../sides.js'

/** Takes away the quotes that only one of both servers puts around a name. */
export type PlainNames = (text: string) => string

interface Place {
  readonly server: Server
  readonly database?: string
}

/** Asks both servers for their keywords. */
export async function readPlainNames({ source, target }: Both<Place>): Promise<PlainNames> {
  const read = ({ server, database }: Place) => server.withSession(database, readKeywords)
  const [before, after] = await Promise.all([read(source), read(target)])
  return plainNames({ source: before, target: after })
}

/** The words that this server quotes as names: `json` since 16, `merge_action` since 17. */
async function readKeywords(session: Session): Promise<string[]> {
  const rows = await session.query<{ word: string }>(
    `select word::pg_catalog.text as word from pg_catalog.pg_get_keywords() where catcode <> 'U'`,
  )
  return rows.map(({ word }) => word)
}

/** Works on names, on SQL, and on either inside JSON, where a quote has a backslash in front. */
export function plainNames({ source, target }: Both<readonly string[]>): PlainNames {
  const words = [
    ...source.filter((word) => !target.includes(word)),
    ...target.filter((word) => !source.includes(word)),
  ]
  if (words.length === 0) return (text) => text
  const quoted = new RegExp(`\\\\?"(${words.join('|')})\\\\?"`, 'g')
  return (text) => text.replace(quoted, '$1')
}
