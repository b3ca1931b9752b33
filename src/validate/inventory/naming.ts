/**
 * Names as both majors would write them: the list of keywords grows, and a name is quoted only where it is one; and
 * what one calls `pg_catalog.json`, another calls `json`.
 */
import type { Server, Session } from '../../server/index.js'
import { withReader, type Both, type DatabaseSide } from '../sides.js'

export interface Naming {
  /** The words that only one of both servers quotes as names. */
  readonly quotedByOne: readonly string[]
  /** Without the quotes and the schema that only one of both servers adds to a name. */
  readonly plain: (text: string) => string
  /** SQL of the source as the target can read it: with quotes around the names that only there are keywords. */
  readonly forTarget: (sql: string) => string
}

/** How one server writes names. */
export interface Spelling {
  /** The words that it quotes as names: `json` since 16, `merge_action` since 17. */
  readonly keywords: readonly string[]
  /** Its own types as pg_identify_object names them: `pg_catalog.json` before 17, `json` since. */
  readonly types: readonly string[]
}

/** A session's place: one side of a comparison, or the maintenance database of a server. */
export type Place = DatabaseSide | { readonly server: Server }

/** Asks both servers for their keywords and types. */
export async function readNaming({ source, target }: Both<Place>): Promise<Naming> {
  const read = (place: Place) =>
    'database' in place
      ? withReader(place, readSpelling)
      : place.server.withSession(undefined, readSpelling)
  const [before, after] = await Promise.all([read(source), read(target)])
  return naming({ source: before, target: after })
}

async function readSpelling(session: Session): Promise<Spelling> {
  const [row] = await session.query<Spelling>(
    `select array(select word::pg_catalog.text from pg_catalog.pg_get_keywords() where catcode <> 'U') as keywords,
            array(select i.identity
                    from pg_catalog.pg_type t,
                         pg_catalog.pg_identify_object('pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 0) i
                   where t.oid < 16384 and t.typtype = 'b' and t.typelem = 0) as types`,
  )
  return row ?? { keywords: [], types: [] }
}

/** How names are to be compared, from what both servers take for keywords and how they tell their types. */
export function naming({ source, target }: Both<Spelling>): Naming {
  const old = source.keywords.filter((word) => !target.keywords.includes(word))
  const young = target.keywords.filter((word) => !source.keywords.includes(word))
  const quotedByOne = [...old, ...young]
  const unquote = unquoted(quotedByOne)
  const unqualify = unqualified([
    ...qualifiedByFirst(source.types, target.types),
    ...qualifiedByFirst(target.types, source.types),
  ])
  return { quotedByOne, plain: (text) => unqualify(unquote(text)), forTarget: quoted(young) }
}

const ownSchema = 'pg_catalog.'

function qualifiedByFirst(first: readonly string[], second: readonly string[]): string[] {
  const bare = first
    .filter((name) => name.startsWith(ownSchema))
    .map((name) => name.slice(ownSchema.length))
  return bare.filter((name) => second.includes(name))
}

function unqualified(types: readonly string[]): (text: string) => string {
  if (types.length === 0) return (text) => text
  const pattern = new RegExp(`(?<![\\w$".])pg_catalog\\.(${types.join('|')})(?![\\w$])`, 'g')
  return (text) => text.replace(pattern, '$1')
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
