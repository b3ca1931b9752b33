/**
 * Names, comments and settings that belong to the whole server, byte for byte. Each is in the encoding of the database in
 * which it was written, and a session in another one takes it for something else or for no text at all.
 */
import { isUtf8 } from 'node:buffer'
import { toldSetting } from '../../telling/settings.js'
import type { Session } from '../session/session.js'

export interface SharedText {
  readonly what: 'comment' | 'name' | 'setting'
  /** Of which database and which role, as a session reads them; a setting may be of both, or of all roles. */
  readonly database: string | undefined
  readonly role: string | undefined
  readonly bytes: Buffer
  /** The session's, on the maintenance database. */
  readonly encoding: string
  /** For people: `comment on the role gr\374n`. */
  readonly object: string
}

interface Row {
  readonly what: SharedText['what']
  readonly database: string | null
  readonly role: string | null
  readonly text: string
}

/** In these encodings nothing is converted on the way to our sessions. */
export const readsAsIs: readonly string[] = ['UTF8', 'SQL_ASCII']

/** As they are stored, to a session that has them passed through. */
const bytesOf = (text: string) => `pg_catalog.textsend(${text}::pg_catalog.text)`

/** Those outside ASCII, read over a session on the maintenance database that has no transaction open. */
export async function readSharedTexts(session: Session): Promise<SharedText[]> {
  const [server] = await session.query<{ encoding: string }>(
    `select pg_catalog.current_setting('server_encoding') as encoding`,
  )
  const encoding = server?.encoding ?? 'unknown'
  const hex = (bytes: string) => `pg_catalog.encode(${bytes}, 'hex')`
  const asRead = (name: string) =>
    hex(
      readsAsIs.includes(encoding)
        ? bytesOf(name)
        : `pg_catalog.convert_to(${name}::pg_catalog.text, 'UTF8')`,
    )
  // Both statements are one transaction, with which the setting ends.
  const rows = await session.query<Row>(
    `select pg_catalog.set_config('client_encoding', 'SQL_ASCII', true);
     select what, ${asRead('database')} as database, ${asRead('role')} as role, ${hex(bytesOf('text'))} as text
       from (select 'name' as what, d.datname as database, null as role, d.datname::pg_catalog.text as text
               from pg_catalog.pg_database d
             union all
             select 'name', null, r.rolname, r.rolname from pg_catalog.pg_roles r
             union all
             select 'comment', d.datname, null, pg_catalog.shobj_description(d.oid, 'pg_database')
               from pg_catalog.pg_database d
             union all
             select 'comment', null, r.rolname, pg_catalog.shobj_description(r.oid, 'pg_authid')
               from pg_catalog.pg_roles r
             union all
             select 'setting', d.datname, r.rolname, pg_catalog.unnest(s.setconfig)
               from pg_catalog.pg_db_role_setting s
               left join pg_catalog.pg_database d on d.oid = s.setdatabase
               left join pg_catalog.pg_roles r on r.oid = s.setrole) t
      where pg_catalog.encode(${bytesOf('text')}, 'escape') operator(pg_catalog.~) '\\\\[23]'`,
  )
  return rows
    .map((row) => sharedText(row, encoding))
    .toSorted((a, b) => (a.object < b.object ? -1 : 1))
}

function sharedText({ what, text, ...of }: Row, encoding: string): SharedText {
  const database = of.database === null ? undefined : Buffer.from(of.database, 'hex')
  const role = of.role === null ? undefined : Buffer.from(of.role, 'hex')
  const owners = [
    ...(role === undefined ? [] : [`the role ${escapeBytes(role)}`]),
    ...(database === undefined ? [] : [`the database ${escapeBytes(database)}`]),
  ]
  return {
    what,
    database: database?.toString(),
    role: role?.toString(),
    bytes: Buffer.from(text, 'hex'),
    encoding,
    object: `${what} ${what === 'comment' ? 'on' : 'of'} ${owners.join(' in ') || 'all roles'}`,
  }
}

/** Whether a session reads anything of it; in an encoding of the database's own, whatever the bytes mean there. */
export function isReadable({ bytes, encoding }: SharedText): boolean {
  return isUtf8(bytes) || !readsAsIs.includes(encoding)
}

/**
 * Whether it is a comment in an encoding of the database's own. It is for people, and to them the same text in UTF-8; names and
 * settings are looked up by their bytes.
 */
export function isConvertedComment({ what, bytes, encoding }: SharedText): boolean {
  return what === 'comment' && !readsAsIs.includes(encoding) && !isUtf8(bytes)
}

/** What the session takes each text for. */
export async function readingsOf(
  session: Session,
  texts: readonly SharedText[],
): Promise<string[]> {
  const encoding = texts[0]?.encoding ?? 'UTF8'
  if (readsAsIs.includes(encoding)) return texts.map(({ bytes }) => bytes.toString())
  const rows = await session.query<{ reading: string }>(
    `select pg_catalog.convert_from(pg_catalog.decode(t.hex, 'hex'), $2::pg_catalog.name) as reading
       from pg_catalog.unnest($1::pg_catalog.text[]) with ordinality t (hex, place)
      order by t.place`,
    [texts.map(({ bytes }) => bytes.toString('hex')), encoding],
  )
  return rows.map(({ reading }) => reading)
}

/** As PostgreSQL escapes them (`gr\374n`), unless they are UTF-8. */
export function escapeBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString()
  return Array.from(bytes, (byte) => {
    if (byte === 0x5c) return '\\\\'
    return byte < 0x80 ? String.fromCharCode(byte) : `\\${byte.toString(8)}`
  }).join('')
}

/** The text for people; what is a secret of an application is not told. */
export function toldSharedText({ what, bytes }: SharedText): string {
  const text = escapeBytes(bytes)
  return what === 'setting' ? toldSetting(text) : text
}
