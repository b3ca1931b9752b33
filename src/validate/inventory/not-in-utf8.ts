/** Objects in whose definitions are characters that UTF8 lacks, as a few bytes of WIN1252: no session of ours can read them. */
import { escapeBytes, succeedsInUtf8, type Session } from '../../server/index.js'
import type { Both, DatabaseSide } from '../sides.js'
import { versionsOf } from './compare.js'
import type { Kind } from './kind.js'
import { kinds } from './kinds/all.js'

export interface NotInUtf8 {
  readonly kind: string
  /** As it is called, or with its bytes in octal where the name itself has such a character. */
  readonly object: string
  /** The name itself has one. */
  readonly isNamed: boolean
  /** Of one character each, in hexadecimal. */
  readonly bytes: readonly string[]
}

const encoding = `pg_catalog.current_setting('server_encoding')::pg_catalog.name`
/** Of the bytes as they are: to SQL_ASCII nothing is converted. */
const hex = (text: string) =>
  `pg_catalog.encode(pg_catalog.convert_to(${text}, 'SQL_ASCII'), 'hex')`

/** Reads on the source what the comparison reads: once where every text can be read, and the longer way only of a kind that has one that cannot. */
export async function definitionsNotInUtf8(
  sides: Both<DatabaseSide>,
  session: Session,
): Promise<NotInUtf8[]> {
  const versions = versionsOf(sides, sides.source)
  const found: NotInUtf8[] = []
  for (const kind of kinds) {
    const objects = `(${kind.sql(versions)}) r`
    const readAll = `select pg_catalog.count(pg_catalog.convert_to(r::pg_catalog.text, 'UTF8')) from ${objects}`
    if (await succeedsInUtf8(session, readAll)) continue
    const characters = await lackingOf(session, await charactersIn(session, objects))
    found.push(...(await objectsWith(session, kind, objects, characters)))
  }
  return found
}

/** Each that is outside ASCII, once. */
async function charactersIn(session: Session, objects: string): Promise<string[]> {
  const rows = await session.query<{ bytes: string }>(
    `select distinct ${hex('c.found[1]')} as bytes
       from ${objects}
      cross join lateral pg_catalog.regexp_matches(r::pg_catalog.text, '[^\\u0001-\\u007f]', 'g') c (found)`,
  )
  return rows.map(({ bytes }) => bytes)
}

/** Those that UTF8 lacks: halves are asked for until one is left, because the server says no more than that there is one. */
async function lackingOf(session: Session, characters: readonly string[]): Promise<string[]> {
  const convert = `select pg_catalog.count(pg_catalog.convert(pg_catalog.decode(h, 'hex'), ${encoding}, 'UTF8'))
                     from pg_catalog.unnest($1::pg_catalog.text[]) h`
  if (await succeedsInUtf8(session, convert, [characters])) return []
  if (characters.length === 1) return [...characters]
  const half = Math.ceil(characters.length / 2)
  return [
    ...(await lackingOf(session, characters.slice(0, half))),
    ...(await lackingOf(session, characters.slice(half))),
  ]
}

async function objectsWith(
  session: Session,
  { kind }: Kind,
  objects: string,
  characters: readonly string[],
): Promise<NotInUtf8[]> {
  const found = (text: string) =>
    `array(select h from pg_catalog.unnest($1::pg_catalog.text[]) h
            where pg_catalog.strpos(${text}, pg_catalog.convert_from(pg_catalog.decode(h, 'hex'), ${encoding})) > 0
            order by h collate "C")`
  const rows = await session.query<{
    kind: string
    name: string | null
    raw: string
    bytes: string[]
  }>(
    `select coalesce(o.kind, $2::pg_catalog.text) as kind,
            case ${found('o.object')} when '{}' then o.object end as name,
            ${hex('o.object')} as raw, o.bytes
       from (select pg_catalog.to_jsonb(r) ->> 'kind', pg_catalog.to_jsonb(r) ->> 'object', ${found('r::pg_catalog.text')}
               from ${objects} offset 0) o (kind, object, bytes)
      where o.bytes <> '{}' order by o.object collate "C"`,
    [characters, kind],
  )
  return rows.map(({ name, raw, ...row }) => ({
    isNamed: name === null,
    kind: row.kind,
    object: name ?? escapeBytes(Buffer.from(raw, 'hex')),
    bytes: row.bytes,
  }))
}
