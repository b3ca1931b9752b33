/**
 * How columns of inheriting tables are stored and compressed. CREATE TABLE … INHERITS takes both from the parent, and pg_dump writes only
 * what is not the type's own: a child that has that, below a parent that has something else, would be like the parent.
 */
import {
  isMember,
  quoteIdentifier,
  regclass,
  type Server,
  type Session,
  type Snapshot,
} from '../../server/index.js'
import type { Statement } from '../administrator/privileges.js'
import { runStatements } from '../administrator/run-statements.js'

/** A server and its major. */
interface Side {
  readonly session: Session
  readonly major: number
}

interface ChildColumn {
  readonly type: string
  readonly table: string
  readonly column: string
  /** `table column` and its name. */
  readonly object: string
  readonly property: 'storage' | 'compression'
  readonly value: string
}

/** Columns have a compression since this major. */
const hasCompression = 14

/** What columns have of the type's own, below others that do not. Partitions are not made with INHERITS. */
async function readChildColumns({ session, major }: Side): Promise<ChildColumn[]> {
  const compression = major >= hasCompression ? 'a.attcompression' : `''`
  return session.query<ChildColumn>(
    `with recursive below (relation, name) as (
       select h.inhrelid, a.attname
         from pg_catalog.pg_attribute a
         join pg_catalog.pg_type t on t.oid = a.atttypid
         join pg_catalog.pg_inherits h on h.inhparent = a.attrelid
        where a.attnum > 0 and (${compression} <> '' or a.attstorage <> t.typstorage)
       union
       select h.inhrelid, b.name from below b join pg_catalog.pg_inherits h on h.inhparent = b.relation)
     select i.type, i.identity as table, c.column, k.type || ' ' || k.identity as object, c.property, c.value
       from (select a.attrelid as relation, a.attnum, a.attname::pg_catalog.text as column, p.property, p.value
               from below b
               join pg_catalog.pg_class r on r.oid = b.relation
               join pg_catalog.pg_namespace n on n.oid = r.relnamespace
               join pg_catalog.pg_attribute a on a.attrelid = b.relation and a.attname = b.name
               join pg_catalog.pg_type t on t.oid = a.atttypid
              cross join lateral (values
                ('storage', case when a.attstorage = t.typstorage
                                 then case a.attstorage when 'p' then 'plain' when 'e' then 'external'
                                                        when 'm' then 'main' else 'extended' end end),
                ('compression', case when ${compression} = '' and r.relkind <> 'f' then 'default' end))
                as p (property, value)
              where p.value is not null and not r.relispartition and r.relpersistence <> 't'
                and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
                and not ${isMember(regclass('pg_class'), 'r.oid')}
             offset 0) c
      cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, c.relation, 0) i
      cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, c.relation, c.attnum) k
      order by 4, 5`,
  )
}

/** What the target lacks. */
export async function childColumnStatements(source: Side, target: Side): Promise<Statement[]> {
  const wanted = (await readChildColumns(source)).filter(
    ({ property }) => property === 'storage' || target.major >= hasCompression,
  )
  if (wanted.length === 0) return []
  const present = new Set((await readChildColumns(target)).map((each) => JSON.stringify(each)))
  return wanted
    .filter((each) => !present.has(JSON.stringify(each)))
    .map(({ type, table, column, object, property, value }) => ({
      sql: `alter ${type} only ${table} alter column ${quoteIdentifier(column)} set ${property} ${value}`,
      what: `the ${property} of ${object}`,
      object,
    }))
}

/** For rows that are still to come. What the target refuses now is tried and told with all that the tools forget. */
export async function fitChildColumns(options: {
  readonly source: Server
  readonly snapshot: Snapshot
  readonly target: Server
  readonly stagingDatabase: string
  readonly signal: AbortSignal
}): Promise<void> {
  const { source, snapshot, target, stagingDatabase, signal } = options
  await snapshot.withSession((reader) =>
    target.withSession(stagingDatabase, async (session) => {
      const statements = await childColumnStatements(
        { session: reader, major: source.facts.major },
        { session, major: target.facts.major },
      )
      await runStatements(session, statements, signal)
    }),
  )
}
