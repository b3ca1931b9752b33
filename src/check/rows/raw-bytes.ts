/** Bytes that are no UTF-8, where the action has to read them as text. In rows and definitions of SQL_ASCII they pass. */
import { isUtf8 } from 'node:buffer'
import { shorten } from '../../report/format.js'
import { isReadable, toldSharedText, type Session, type SharedText } from '../../server/index.js'
import { isUsersRelation, readEncoding } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext, Found, ServerCheck } from '../check.js'
import { readMovedTexts } from '../moved-texts.js'

/** What each query returns: of which object, what of it, and the bytes twice. */
interface Bytes {
  readonly object: string
  readonly hex: string
  /** As `encode(…, 'escape')` writes them: `gr\374n`. */
  readonly escaped: string
}

const raw = (text: string) => `pg_catalog.convert_to(${text}::pg_catalog.text, 'SQL_ASCII')`
const escaped = (text: string) => `pg_catalog.encode(${raw(text)}, 'escape')`

/** Texts of the query `texts` (`object`, `text`) that are no UTF-8. */
async function readRaw(session: Session, texts: string): Promise<Bytes[]> {
  const rows = await session.query<Bytes>(
    `select object, pg_catalog.encode(${raw('text')}, 'hex') as hex, ${escaped('text')} as escaped
       from (${texts}) t (object, text)
      where ${escaped('text')} operator(pg_catalog.~) '\\\\[23]' order by 1, 3`,
  )
  return rows.filter(({ hex }) => !isUtf8(Buffer.from(hex, 'hex')))
}

/** Names that the action puts into statements of its own: it locks every table, reads where each sequence stands and fills each materialized view. */
function namesIn({ method }: DatabaseContext): string {
  const relations = `pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace`
  const condition = `(c.relkind in ('r', 'p', 'S') or c.relkind = 'm' and c.relispopulated) and ${isUsersRelation('c', 'n')}`
  const names = [
    `select case c.relkind when 'S' then 'sequence' when 'm' then 'materialized view' else 'table' end, c.relname from ${relations} where ${condition}`,
    `select distinct 'schema', n.nspname from ${relations} where ${condition}`,
    // The other methods leave the columns to pg_dump.
    ...(method === 'auto' || method === 'copy'
      ? [
          `select 'column of the table ' || ${escaped('c.relname')}, a.attname from ${relations}
             join pg_catalog.pg_attribute a on a.attrelid = c.oid
            where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p') and ${isUsersRelation('c', 'n')}`,
        ]
      : []),
  ]
  return names.join(' union all ')
}

/** Names of tables, sequences, filled materialized views and their schemas. */
export const rawNames: DatabaseCheck = {
  name: 'name-not-text',
  scope: 'database',
  subject: 'whether names are text',
  worst: 'blocking',
  async run(context) {
    const { sourceSession } = context
    if ((await readEncoding(sourceSession)) !== 'SQL_ASCII') return []
    const found = await readRaw(sourceSession, namesIn(context))
    return found.map(({ object, escaped: name }): Found => {
      const isColumn = object.startsWith('column')
      return {
        severity: 'blocking',
        object: `${object} ${name}`,
        message: `The name of the ${object} is ${name}, with bytes that are no UTF-8: ${isColumn ? 'the method copy' : 'no method'} can move it. (Each \\nnn is a byte, in octal.)`,
        remedy: `Rename it on the source, from a session with client_encoding SQL_ASCII.${isColumn ? ' Or set "method" to "stream", which leaves columns to pg_dump.' : ''}`,
      }
    })
  },
}

const shown = 60

/** Comments and settings of databases and roles, and the names of either. */
export const rawProperties: ServerCheck = {
  name: 'property-not-text',
  scope: 'server',
  subject: 'whether names, comments and settings of databases and roles are text',
  worst: 'blocking',
  async run(context) {
    const raw = (await readMovedTexts(context)).filter((text) => !isReadable(text))
    return raw.map((text): Found => ({
      severity: 'blocking',
      object: text.object,
      message: `The ${text.object} has bytes that are no UTF-8, so that it cannot be carried over: ${shorten(toldSharedText(text), shown)} (each \\nnn is a byte, in octal). It is in the encoding of the database in which it was written.`,
      remedy: remedyOf(text),
    }))
  },
}

function remedyOf({ what, database }: SharedText): string {
  switch (what) {
    case 'name': {
      const kind = database === undefined ? 'role' : 'database'
      return `Rename it on the source, from a session of a database in the encoding in which the name was given (alter ${kind} … rename to …).`
    }
    case 'comment':
      return 'Write it anew on the source, in UTF-8 or without the characters; or take it away (comment on … is null).'
    case 'setting':
      return 'Write it anew on the source, in UTF-8 or without the characters. Where it is meant for a database in another encoding, take it away (alter … reset …), and set it again on the target after the move, from a session of that database.'
  }
}
