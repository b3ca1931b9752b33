/** Rows that somebody has written into the tables of extensions: no dump has them, unless they are declared as a configuration. */
import type { Session } from '../../server/index.js'
import { findsRow, identity } from '../catalog.js'
import type { Found } from '../check.js'
import { isOlder, memberships, xid } from './scripts.js'

interface MemberTable {
  readonly object: string
  readonly extension: string
  /** The transaction that made it a member. */
  readonly joined: string
  /** Those in which a script of the extension was at work. */
  readonly scripts: readonly string[]
}

/** Smallest first, which take no time. */
const memberTables = `
  with ${memberships}
  select ${identity('pg_class', 'c.oid')} as object, pg_catalog.quote_ident(e.extname) as extension,
         m.joined::pg_catalog.text as joined,
         array(select s.at::pg_catalog.text from script s where s.extension = e.oid) as scripts
    from member m
    join pg_catalog.pg_extension e on e.oid = m.extension
    join pg_catalog.pg_class c on c.oid = m.oid and c.relkind = 'r'
   where m.catalog = 'pg_catalog.pg_class'::pg_catalog.regclass and c.oid <> all (coalesce(e.extconfig, '{}'))
     and pg_catalog.pg_relation_size(c.oid) > 0
     and pg_catalog.has_schema_privilege(c.relnamespace, 'usage')
     and pg_catalog.has_table_privilege(c.oid, 'select')
   order by pg_catalog.pg_relation_size(c.oid), 1`

const secondsPerTable = 3

/**
 * What a script wrote is as old as the table or as another script; pg_upgrade makes the membership of a table younger
 * than the rows that it had by then, so that of those nothing is told.
 */
export async function findMemberRows(session: Session): Promise<Found[]> {
  const found: Found[] = []
  for (const { object, extension, joined, scripts } of await session.query<MemberTable>(
    memberTables,
  )) {
    const written = xid('t')
    const isFound = await findsRow(
      session,
      secondsPerTable,
      `select from only ${object} t
        where ${isOlder(`${joined}::pg_catalog.int8`, written)}
          and ${written} <> all ('{${scripts.join(',')}}'::pg_catalog.int8[]) limit 1`,
    )
    if (isFound === false) continue
    found.push({
      severity: 'warning',
      object,
      message: `The table ${object} belongs to the extension ${extension} and ${isFound === true ? 'holds' : 'may hold'} rows that were written after the extension had been created. They do not arrive: a dump leaves the table to CREATE EXTENSION on the target, and has only rows of tables that the extension declares as its configuration.`,
      remedy: `If they are needed, read in the manual of ${extension} how they are made anew on the target. Rows that can be copied are moved in a table of your own (CREATE TABLE … AS TABLE ${object}, on the source), and inserted from there on the target after the upgrade.`,
    })
  }
  return found
}
