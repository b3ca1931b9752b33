/** Names as both majors would write them: the list of keywords grows, and a name is quoted only where it is one. */
import type { Server, Session } from '../../server/index.js'
import type { Both } from '../sides.js'

export interface Naming {
  /** Without the quotes that only one of both servers puts around a name. */
  readonly plain: (text: string) => string
  /** SQL of the source as the target can read it: with quotes around the names that only there are keywords. */
  readonly forTarget: (sql: string) => string
}

interface Place {
  readonly server: Server
  readonly database?: string
}

/** Asks both servers for their keywords. */
export async function readNaming({ source, target }: Both<Place>): Promise<Naming> {
  const read = ({ server, database }: Place) => server.withSession(database, readKeywords)
  const [before, after] = await Promise.all([read(source), read(target)])
  return naming({ source: before, target: after })
}

/** The words that this server quotes as names: `json` since 16, `merge_action` since 17. */
async function readKeywords(session: Session): Promise<string[]> {
  const rows = await session.query<{ word: string }>(
    `select word::pg_catalog.text as word from pg_catalog.pg_get_keywords() where catcode <> 'U'`,
  )
  return rows.map(({ word }) => word)
}

export function naming({ source, target }: Both<readonly string[]>): Naming {
  const old = source.filter((word) => !target.includes(word))
  const young = target.filter((word) => !source.includes(word))
  return { plain: unquoted([...old, ...young]), forTarget: quoted(young) }
}

/** Works on names, on SQL, and on either inside JSON, where a quote has a backslash in front. */
function unquoted(words: readonly string[]): (text: string) => string {
  if (words.length === 0) return (text) => text
  const pattern = new RegExp(`\\\\?"(${words.join('|')})\\\\?"`, 'g')
  return (text) => text.replace(pattern, '$1')
}

/** Passes over strings and quoted names. */
function quoted(words: readonly string[]): (sql: string) => string {
  if (words.length === 0) return (sql) => sql
  const pattern = new RegExp(
    `'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![a-z0-9_$])(${words.join('|')})(?![a-z0-9_$])`,
    'g',
  )
  return (sql) =>
    sql.replace(pattern, (found, word?: string) => (word === undefined ? found : `"${word}"`))
}
