/** Whether the lock table of either server has room for what a run locks at once. */
import {
  isLostConnection,
  quoteIdentifier,
  raiseLockTable,
  readLockTable,
  type LockTable,
  type Session,
} from '../../server/index.js'
import type { Severity } from '../../report/report.js'
import type { Found, ServerCheck, ServerContext } from '../check.js'
import { readDatabases } from '../databases/databases.js'
import { connectForChecks } from '../session.js'
import { mostAtOnce } from '../databases/databases-at-once.js'

interface DatabaseLocks {
  readonly name: string
  readonly tables: number
  /** What locks the most at once on the target, of what fails there, and of what is passed over (ANALYZE). */
  readonly onTarget: readonly TreeLocks[]
}

interface TreeLocks {
  readonly kind: keyof typeof statements
  /** Of a key or trigger of a table. */
  readonly name: string | null
  readonly relation: string
  readonly relations: number
}

/** What locks all partitions at once, and whether it locks their indexes as well. */
const statements = {
  key: { object: 'foreign key', does: 'Adding the foreign key', hasIndexes: true },
  trigger: { object: 'trigger', does: 'Creating the trigger', hasIndexes: false },
  view: { object: 'materialized view', does: 'Filling the materialized view', hasIndexes: true },
  table: {
    object: 'partitioned table',
    does: 'ANALYZE of the partitioned table',
    hasIndexes: false,
  },
}

/**
 * In one transaction each, a foreign key on or to a partitioned table is added, and a materialized view filled that reads one: that
 * locks all partitions and all of their indexes. A row trigger on it locks all partitions (measured through pg_locks, keys on 18,
 * views and triggers on 14; a key that is validated on its own locks the same), and so does ANALYZE of it. A view may read it
 * through other views. Of those that are filled side by side only the biggest counts: one that finds no place beside others is
 * filled again alone.
 */
const treeLocks = `
  with recursive tree (root, member) as (
    select c.oid, c.oid from pg_catalog.pg_class c where c.relkind = 'p'
    union all
    select t.root, i.inhrelid from tree t join pg_catalog.pg_inherits i on i.inhparent = t.member
  ), locked as (
    select t.root, pg_catalog.count(distinct t.member) as tables,
           pg_catalog.count(distinct t.member) + pg_catalog.count(x.indexrelid) as relations
      from tree t left join pg_catalog.pg_index x on x.indrelid = t.member
     group by t.root
  ), reading (view, relation) as (
    select c.oid, c.oid from pg_catalog.pg_class c where c.relkind = 'm' and c.relispopulated
    union
    select r.view, d.refobjid
      from reading r
      join pg_catalog.pg_class v on v.oid = r.relation and (v.relkind = 'v' or v.oid = r.view)
      join pg_catalog.pg_rewrite w on w.ev_class = v.oid
      join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
                                 and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  ), held as (
    select 'key' as kind, k.conname::pg_catalog.text as name, k.conrelid as relation,
           coalesce(own.relations, 0)
           + case when k.confrelid <> k.conrelid then coalesce(other.relations, 0) else 0 end as relations
      from pg_catalog.pg_constraint k
      left join locked own on own.root = k.conrelid
      left join locked other on other.root = k.confrelid
     where k.contype = 'f' and (own.root is not null or other.root is not null)
    union all
    select 'trigger', g.tgname::pg_catalog.text, g.tgrelid, l.tables
      from pg_catalog.pg_trigger g join locked l on l.root = g.tgrelid
     where not g.tgisinternal and g.tgtype & 1 = 1
    union all
    select 'view', null, r.view, pg_catalog.sum(l.relations)
      from reading r join locked l on l.root = r.relation
     group by r.view
    union all
    select 'table', null, l.root, l.tables from locked l
  )
  select distinct on (h.kind = 'table')
         h.kind, h.name, pg_catalog.format('%I.%I', n.nspname, c.relname) as relation, h.relations::pg_catalog.int4 as relations
    from held h
    join pg_catalog.pg_class c on c.oid = h.relation
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   order by h.kind = 'table', h.relations desc, 3, 2`

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
      const onTarget = await session.query<TreeLocks>(treeLocks)
      all.push({ name, tables: row?.tables ?? 0, onTarget })
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
        remedy: raiseLockTable('source', needed, table),
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
      remedy: raiseLockTable(
        'source',
        tables,
        table,
        '; or lower "jobs", so that fewer databases are moved at the same time',
      ),
    },
  ]
}

/** What is passed over is told where it needs more than what fails: the remedy of the one settles the other. */
function onTarget(all: readonly DatabaseLocks[], table: LockTable): Found[] {
  return all.flatMap(({ name: database, onTarget: held }): Found[] => {
    const most = held.find(({ kind }) => kind !== 'table')
    return held.flatMap(({ kind, name, relation, relations }): Found[] => {
      const isPassedOver = kind === 'table'
      if (isPassedOver && relations <= (most?.relations ?? 0)) return []
      const severity = isPassedOver ? mayBeTooMuch(relations, table) : judge(relations, table)
      if (severity === undefined) return []
      const { object, does, hasIndexes } = statements[kind]
      const what = name === null ? relation : `${quoteIdentifier(name)} of ${relation}`
      return [
        {
          severity,
          database,
          object: `${object} ${what}`,
          message: `${does} ${what} locks about ${relations} partitions${hasIndexes ? ' and indexes of them' : ''} at once; the target's lock table has ${table.places} places for all sessions together.`,
          remedy: raiseLockTable('target', relations, table),
        },
      ]
    })
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
