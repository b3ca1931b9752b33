/** Tells cheaply which tables of the source may have been written after the snapshot; `measureDrift` then counts. */
import type { Server } from '../server/index.js'
import { tableName } from './rows/tables.js'

/** By table: rows written so far, and what has been the table: TRUNCATE, a rewrite or another table of that name change that, and count no rows. */
export type WriteCounters = ReadonlyMap<string, string>

/** What a source says at one moment of what has been written to a database. */
export interface Writes {
  readonly counters: WriteCounters
  /** The source's clock. */
  readonly at: string
  /** Stays the same as long as no transaction that has written ends on the whole server, in whatever database; on a standby, as long as nothing is replayed. */
  readonly seen: string
}

const seen = `case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()::pg_catalog.text
                   else pg_catalog.txid_current_snapshot()::pg_catalog.text end`

/**
 * Reads the counters of pg_stat_all_tables, right before the snapshot is exported. They are the server's own
 * (manual section 27.2) and arrive up to some seconds late, so the number of rows is near, not exact.
 */
export async function countWrites(source: Server, database: string): Promise<Writes> {
  return source.withSession(database, async (session) => {
    const [moment] = await session.query<Pick<Writes, 'at' | 'seen'>>(
      `select pg_catalog.clock_timestamp()::pg_catalog.text as at,
              ${seen} as seen`,
    )
    if (moment === undefined) throw new Error('The server did not tell the time.')
    const rows = await session.query<{ schema: string; name: string; written: string }>(
      `select schemaname::pg_catalog.text as schema, relname::pg_catalog.text as name,
              pg_catalog.concat_ws(' ', n_tup_ins + n_tup_upd + n_tup_del, relid, pg_catalog.pg_relation_filenode(relid)) as written
         from pg_catalog.pg_stat_all_tables
        where schemaname not in ('pg_catalog', 'information_schema')
          and schemaname not like 'pg\\_toast%' and schemaname not like 'pg\\_temp%'`,
    )
    const counters = rows.map(
      ({ schema, name, written }) => [tableName({ schema, name }), written] as const,
    )
    return { ...moment, counters: new Map(counters) }
  })
}

/**
 * How many sessions of others may have written to the database since, without having told the counters yet: a session tells them at
 * most once a second, an idle one before 15 with its next statement, and since 15 after 10 seconds (manual section 27.2). A procedure
 * that commits tells them at its end, and begins a transaction with each commit. None, where nobody has committed anything on the whole
 * server. In a frozen database only subscriptions are asked for, which a freeze does not stop. Transactions that are known to have written and are still open are not among these: see `readWriters`.
 */
export async function countUnreported(
  source: Server,
  database: string,
  before: Writes,
  isFrozen: boolean,
): Promise<number> {
  const isReported =
    source.facts.major >= 15
      ? `a.state = 'idle' and pg_catalog.clock_timestamp() - a.state_change > interval '12 seconds'`
      : 'false'
  const [row] = await source.withSession(undefined, (session) =>
    session.query<{ sessions: string }>(
      `select pg_catalog.count(*) as sessions from pg_catalog.pg_stat_activity a
        where a.datname = $1 and a.application_name is distinct from $2
          and (a.backend_type like 'logical replication %' or a.backend_type = 'client backend' and not $5::pg_catalog.bool)
          and a.backend_xid is null
          and coalesce(greatest(a.state_change, a.xact_start) >= $3::pg_catalog.timestamptz and not (${isReported}), true)
          and $4::pg_catalog.text <> ${seen}`,
      [database, source.applicationName, before.at, before.seen, isFrozen],
    ),
  )
  return Number(row?.sessions ?? 0)
}

/**
 * Whether every session that writes to the database has its rows counted: `track_counts` may be off for the server, the
 * database, or a role, and then the counters say nothing.
 */
export async function countsWrites(source: Server, database: string): Promise<boolean> {
  const rows = await source.withSession(database, (session) =>
    session.query(
      `select 1 from (
         select pg_catalog.current_setting('track_counts')
         union all
         select pg_catalog.split_part(setting, '=', 2)
           from pg_catalog.pg_db_role_setting s cross join pg_catalog.unnest(s.setconfig) as setting
          where s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()))
            and setting ilike 'track\\_counts=%') o (value)
        where not o.value::pg_catalog.bool`,
    ),
  )
  return rows.length === 0
}

/** The tables whose counters have moved since: a hint, because a transaction that was rolled back counts as well, and VACUUM FULL rewrites. */
export function writtenTables(before: WriteCounters, after: WriteCounters): Set<string> {
  return new Set(
    [...after].filter(([table, now]) => now !== before.get(table)).map(([table]) => table),
  )
}
