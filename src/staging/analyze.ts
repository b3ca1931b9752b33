/** ANALYZE of a whole database, several tables at once, so that the planner knows it before the first query does. */
import { messageOf, QueryError, throwIfCancelled } from '../errors.js'
import type { Finding } from '../report/report.js'
import {
  inBatches,
  isLostConnection,
  lockTableFull,
  type Notice,
  quoteQualified,
  raiseLockTable,
  readLockTable,
  repeatedWhenLost,
  type Server,
  type Session,
} from '../server/index.js'

export interface AnalyzeOptions {
  readonly target: Server
  /** As it is called at the moment. */
  readonly database: string
  /** As the user knows it. */
  readonly name: string
  readonly jobs: number
  readonly signal: AbortSignal
  /** Called when a table has been analyzed. */
  readonly onTable: (done: number, total: number, table: string) => void
  readonly finding: (finding: Finding) => void
}

/**
 * Analyzes every table, materialized view and partitioned table, biggest first. vacuumdb leaves partitioned tables
 * out, whose own statistics only ANALYZE of the parent gathers (manual, ANALYZE); that covers the partitions too.
 */
export async function analyzeDatabase(options: AnalyzeOptions): Promise<void> {
  const { target, database, jobs, signal, onTable } = options
  const tables = await repeatedWhenLost(() => target.withSession(database, readTables))
  const { big, small } = inBatches(tables, bytesToRead)
  const queue: (readonly Table[])[] = [...big.map((table) => [table]), ...small]
  const total = tables.length
  let done = 0
  const skipped: Skips = { count: 0, told: [], withoutRoom: [] }
  const analyzeNext = async (session: Session, tables: readonly Table[]) => {
    throwIfCancelled(signal)
    try {
      for (const each of await analyzeTables(session, tables)) add(skipped, each)
    } catch (error) {
      // For whoever comes next: this session is gone.
      queue.unshift(tables)
      throw error
    }
    done += tables.length
    const last = tables.at(-1)
    onTable(done, total, last === undefined ? '' : quoteQualified(last.schema, last.name))
  }
  const worker = () =>
    target.withSession(
      database,
      async (session) => {
        session.onNotice((notice) => {
          if (tellsOfSkipped(notice)) add(skipped, { what: notice.message })
        })
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          await analyzeNext(session, next)
        }
      },
      // Other sessions hear of errors only.
      { settings: { client_min_messages: 'warning' } },
    )
  const workers = Array.from({ length: Math.min(jobs, queue.length) }, () =>
    repeatedWhenLost(worker),
  )
  const ended = await Promise.allSettled(workers)
  const failed = ended.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  if (skipped.count === 0) return
  // The lock table may be full still; what was skipped is told all the same.
  const room = await repeatedWhenLost(() =>
    target.withSession(database, (session) => roomForLocks(session, skipped.withoutRoom)),
  ).catch(() => undefined)
  options.finding(skippedFinding(options.name, skipped, room))
}

/** Only these files of the server warn of a table that ANALYZE skips; what an index calls may warn for every row, of its values. */
function tellsOfSkipped({ severity, file }: Notice): boolean {
  return severity === 'WARNING' && (file === 'analyze.c' || file === 'vacuum.c')
}

/** All that were skipped. */
interface Skips {
  count: number
  /** The first of them, in words. */
  readonly told: string[]
  readonly withoutRoom: Table[]
}

function add(skips: Skips, { what, withoutRoom }: Skipped): void {
  skips.count += 1
  if (skips.told.length < 5) skips.told.push(what)
  if (withoutRoom !== undefined) skips.withoutRoom.push(withoutRoom)
}

interface Skipped {
  /** In words. */
  readonly what: string
  /** The table, where the lock table had no room for what ANALYZE locks of it. */
  readonly withoutRoom?: Table | undefined
}

/**
 * Each in a transaction of its own; returns what was refused. What is refused of several is tried one by one, which
 * names the table that fails. One partition on a foreign server that cannot be reached fails its whole tree, so the
 * partitions that are here are then analyzed by themselves.
 */
async function analyzeTables(session: Session, tables: readonly Table[]): Promise<Skipped[]> {
  const names = tables.map(({ schema, name }) => quoteQualified(schema, name))
  const refusal = await refusalOf(session, `analyze ${names.join(', ')}`)
  if (refusal === undefined) return []
  const refused: Skipped[] = []
  if (tables.length > 1) {
    for (const table of tables) refused.push(...(await analyzeTables(session, [table])))
    return refused
  }
  for (const table of tables) {
    const withoutRoom = refusal.sqlState === lockTableFull ? table : undefined
    refused.push({ what: `${names.join(', ')}: ${refusal.reason}`, withoutRoom })
    for (const partition of await readPartitions(session, table)) {
      refused.push(...(await analyzeTables(session, [partition])))
    }
  }
  return refused
}

/** Fails only where the session itself is gone: an index may call any function, and a foreign table any server. */
async function refusalOf(
  session: Session,
  statement: string,
): Promise<{ readonly reason: string; readonly sqlState: string | undefined } | undefined> {
  try {
    await session.query(statement)
    return undefined
  } catch (error) {
    if (isLostConnection(error)) throw error
    // Of the two, the first says why a session is gone.
    await session.query('select').catch(() => {
      throw error
    })
    return {
      reason: messageOf(error instanceof Error ? (error.cause ?? error) : error),
      sqlState: error instanceof QueryError ? error.sqlState : undefined,
    }
  }
}

interface Table {
  readonly schema: string
  readonly name: string
  readonly kind: string
  readonly bytes: string
}

/** A partitioned table holds nothing itself, but all of its partitions are read with it. */
function bytesToRead({ kind, bytes }: Table): number {
  return kind === 'p' ? Infinity : Number(bytes)
}

const columns = `n.nspname::pg_catalog.text as schema, c.relname::pg_catalog.text as name,
            c.relkind::pg_catalog.text as kind,
            pg_catalog.pg_total_relation_size(c.oid)::pg_catalog.text as bytes
       from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace`

/** Tables that are not a partition of something that is analyzed anyway; the system's own included. */
async function readTables(session: Session): Promise<Table[]> {
  return session.query<Table>(
    `select ${columns}
      where c.relkind in ('r', 'm', 'p') and not c.relispartition and c.relpersistence <> 't'
        and n.nspname not in ('pg_toast', 'information_schema', 'pg_catalog')
        and not (c.relkind = 'm' and not c.relispopulated)
      order by pg_catalog.pg_total_relation_size(c.oid) desc`,
  )
}

/** The partitions of a partitioned table that hold rows here, or have partitions themselves. */
async function readPartitions(session: Session, { schema, name }: Table): Promise<Table[]> {
  return session.query<Table>(
    `select ${columns}
       join pg_catalog.pg_inherits i on i.inhrelid = c.oid
      where c.relispartition and c.relkind in ('r', 'p')
        and i.inhparent = $1::pg_catalog.text::pg_catalog.regclass`,
    [quoteQualified(schema, name)],
  )
}

/** What gives the lock table room for the tables that it had none for; undefined where there are none. Partitions are locked with them. */
async function roomForLocks(
  session: Session,
  tables: readonly Table[],
): Promise<string | undefined> {
  const names = tables.map(({ schema, name }) => quoteQualified(schema, name))
  if (names.length === 0) return undefined
  const table = await readLockTable(session)
  const [most] = await session.query<{ tables: number }>(
    `with recursive tree (root, member) as (
       select name::pg_catalog.regclass::pg_catalog.oid, name::pg_catalog.regclass::pg_catalog.oid
         from pg_catalog.unnest($1::pg_catalog.text[]) as name
       union all
       select t.root, i.inhrelid from tree t join pg_catalog.pg_inherits i on i.inhparent = t.member
     )
     select pg_catalog.count(*)::pg_catalog.int4 as tables from tree group by root order by 1 desc limit 1`,
    [names],
  )
  // It was full with all that there is, whoever held it.
  return raiseLockTable('target', Math.max(most?.tables ?? 0, table.places), table)
}

function skippedFinding(
  name: string,
  { count, told }: Skips,
  roomForLocks: string | undefined,
): Finding {
  return {
    check: 'analyze-skipped',
    severity: 'warning',
    database: name,
    message: `ANALYZE passed over ${count} ${count === 1 ? 'table' : 'tables'}: ${told.join('; ')}`,
    remedy: `${roomForLocks === undefined ? '' : `${roomForLocks}\n`}-- on the target, in the database, as the owner of the tables or a superuser, once nothing is in its way\nanalyze;`,
  }
}
