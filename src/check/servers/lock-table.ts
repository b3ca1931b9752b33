/** Whether the lock table of either server has room for what a run locks at once. */
import {
  isLostConnection,
  quoteIdentifier,
  type ServerSide,
  type Session,
} from '../../server/index.js'
import type { Severity } from '../../report/report.js'
import type { Found, ServerCheck, ServerContext } from '../check.js'
import { readDatabases } from '../databases/databases.js'
import { connectForChecks } from '../session.js'
import { mostAtOnce } from '../databases/databases-at-once.js'

interface LockTable {
  readonly places: number
  /** Places for each step of max_locks_per_transaction. */
  readonly slots: number
}

async function readLockTable(session: Session): Promise<LockTable> {
  const [row] = await session.query<LockTable>(
    `select slots, slots * pg_catalog.current_setting('max_locks_per_transaction')::pg_catalog.int4 as places
       from (select pg_catalog.current_setting('max_connections')::pg_catalog.int4
                    + pg_catalog.current_setting('max_prepared_transactions')::pg_catalog.int4 as slots) s`,
  )
  if (row === undefined) throw new Error('The settings of the lock table could not be read.')
  return row
}

interface DatabaseLocks {
  readonly name: string
  readonly tables: number
  /** Of the foreign key on, or to, a partitioned table that locks the most. */
  readonly key: KeyLocks | undefined
}

interface KeyLocks {
  readonly key: string
  readonly table: string
  readonly relations: number
}

/**
 * A foreign key on or to a partitioned table is added in one transaction, which locks all partitions and all of their indexes
 * (measured on 18, through pg_locks; validated on its own it locks the same).
 */
const keyLocks = `
  with recursive tree (root, member) as (
    select c.oid, c.oid from pg_catalog.pg_class c where c.relkind = 'p'
    union all
    select t.root, i.inhrelid from tree t join pg_catalog.pg_inherits i on i.inhparent = t.member
  ), locked as (
    select t.root, pg_catalog.count(distinct t.member) + pg_catalog.count(x.indexrelid) as relations
      from tree t left join pg_catalog.pg_index x on x.indrelid = t.member
     group by t.root
  )
  select k.conname::pg_catalog.text as key, pg_catalog.format('%I.%I', n.nspname, c.relname) as table,
         (coalesce(own.relations, 0)
          + case when k.confrelid <> k.conrelid then coalesce(other.relations, 0) else 0 end)::pg_catalog.int4 as relations
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join locked own on own.root = k.conrelid
    left join locked other on other.root = k.confrelid
   where k.contype = 'f' and (own.root is not null or other.root is not null)
   order by 3 desc, 2, 1
   limit 1`

/** What cannot be connected to is told by the checks of the databases. */
async function readLocks(context: ServerContext): Promise<DatabaseLocks[]> {
  const all: DatabaseLocks[] = []
  for (const { name, allowsConnections, isInvalid } of await readDatabases(
    context.sourceSession,
    context.databases,
  )) {
    if (!allowsConnections || isInvalid) continue
    let session: Session
    try {
      session = await connectForChecks(context.source, name)
    } catch (error) {
      if (isLostConnection(error)) throw error
      continue
    }
    try {
      const [row] = await session.query<{ tables: number }>(
        `select pg_catalog.count(*)::pg_catalog.int4 as tables
           from pg_catalog.pg_class where relkind in ('r', 'p') and oid >= 16384`,
      )
      const [key] = await session.query<KeyLocks>(keyLocks)
      all.push({ name, tables: row?.tables ?? 0, key })
    } finally {
      await session.close()
    }
  }
  return all
}

function judge(needed: number, { places }: LockTable): Severity | undefined {
  if (needed <= places * 0.8) return undefined
  return needed > places ? 'blocking' : 'warning'
}

function mayBeTooMuch(needed: number, table: LockTable): Severity | undefined {
  return judge(needed, table) && 'warning'
}

function raise(side: ServerSide, needed: number, { slots }: LockTable, or = ''): string {
  return `-- on the ${side}, then restart it${or}\nalter system set max_locks_per_transaction = ${Math.ceil(needed / slots) * 2};`
}

/**
 * The lock table has twice as many places for holders as for what is held. Of a table there are two: the session of the snapshot and
 * pg_dump, or the sessions that copy. The workers of pg_dump are a third, since each keeps its locks to the end.
 */
function placesFor(tables: number, { method }: ServerContext): number {
  return method === 'parallel' ? Math.ceil(tables * 1.5) : tables
}

function onSource(
  context: ServerContext,
  all: readonly DatabaseLocks[],
  table: LockTable,
): Found[] {
  const found = all.flatMap(({ name, tables }): Found[] => {
    const needed = placesFor(tables, context)
    // What only may be too much does not keep anybody from the upgrade: the server has some places more than it promises.
    const severity = judge(tables, table) ?? mayBeTooMuch(needed, table)
    if (severity === undefined) return []
    const locked =
      needed === tables
        ? 'a dump locks them all'
        : `the snapshot, pg_dump and its workers lock them all, which takes ${needed} places`
    return [
      {
        severity,
        database: name,
        message: `The database has ${tables} tables, and ${locked}; the source's lock table has ${table.places} places for all sessions together.`,
        remedy: raise('source', needed, table),
      },
    ]
  })
  const atOnce = mostAtOnce(context.method, context.jobs, all.length)
  const together = all.toSorted((a, b) => b.tables - a.tables).slice(0, atOnce)
  const tables = together.reduce((sum, database) => sum + database.tables, 0)
  // They may not all be at the same point at the same time.
  const severity = mayBeTooMuch(tables, table)
  if (severity === undefined || found.length > 0) return found
  return [
    ...found,
    {
      severity,
      object: 'source',
      message: `${together.length} databases are moved at the same time with ${context.jobs} jobs, and a dump locks all tables of each, up to ${tables} together (${together.map(({ name }) => quoteIdentifier(name)).join(', ')}); the source's lock table has ${table.places} places for all sessions together.`,
      remedy: raise(
        'source',
        tables,
        table,
        '; or lower "jobs", so that fewer databases are moved at the same time',
      ),
    },
  ]
}

function onTarget(all: readonly DatabaseLocks[], table: LockTable): Found[] {
  return all.flatMap(({ name, key }): Found[] => {
    if (key === undefined) return []
    const severity = judge(key.relations, table)
    if (severity === undefined) return []
    return [
      {
        severity,
        database: name,
        object: `foreign key ${quoteIdentifier(key.key)} of ${key.table}`,
        message: `Adding the foreign key ${quoteIdentifier(key.key)} of ${key.table} locks about ${key.relations} partitions and indexes of them at once; the target's lock table has ${table.places} places for all sessions together.`,
        remedy: raise('target', key.relations, table),
      },
    ]
  })
}

export const locks: ServerCheck = {
  name: 'locks',
  scope: 'server',
  subject: 'whether all tables can be locked at once',
  worst: 'blocking',
  async run(context) {
    const all = await readLocks(context)
    return [
      ...onSource(context, all, await readLockTable(context.sourceSession)),
      ...onTarget(all, await readLockTable(context.targetSession)),
    ]
  },
}
