/** What others are doing on the source that a dump would miss or wait for. */
import { countOf } from '../../report/format.js'
import type { ServerCheck } from '../check.js'
import { preparedTransaction } from './prepared-transaction.js'

/** No database takes longer than this. */
const longestRunMinutes = 24 * 60

/** Up to 16 a server could be told to forget what old snapshots see. */
const oldSnapshots: ServerCheck = {
  name: 'old-snapshots-forgotten',
  scope: 'server',
  subject: 'how long snapshots last',
  worst: 'blocking',
  async run({ sourceSession }) {
    const [row] = await sourceSession.query<{ minutes: number; threshold: string }>(
      `select setting::pg_catalog.int4 as minutes, pg_catalog.current_setting(name) as threshold
         from pg_catalog.pg_settings where name = 'old_snapshot_threshold' and setting <> '-1'`,
    )
    if (row === undefined) return []
    const { minutes, threshold } = row
    return [
      {
        severity: minutes < longestRunMinutes ? 'blocking' : 'warning',
        object: 'old_snapshot_threshold',
        message: `The source forgets what a snapshot saw after ${threshold} (old_snapshot_threshold): rows that are updated and vacuumed while a database is moved could be missing on the target, and in the comparison.`,
        remedy:
          'Set old_snapshot_threshold to -1 in the configuration of the source, and restart it.',
      },
    ]
  },
}

/** A transaction older than this is probably not about to end. */
const longTransactionSeconds = 300

const longTransaction: ServerCheck = {
  name: 'long-transaction',
  scope: 'server',
  subject: 'long transactions',
  worst: 'warning',
  async run({ sourceSession, databases }) {
    const rows = await sourceSession.query<{
      pid: number
      database: string
      user: string
      age: number
    }>(
      `select pid, datname::pg_catalog.text as database, usename::pg_catalog.text as "user",
            pg_catalog.date_part('epoch', pg_catalog.now() - xact_start)::pg_catalog.int4 as age
       from pg_catalog.pg_stat_activity
      where datname::pg_catalog.text = any($1::pg_catalog.text[])
        and xact_start < pg_catalog.now() - $2::pg_catalog.float8 * interval '1 second'
        and pid <> pg_catalog.pg_backend_pid() and backend_type = 'client backend'
      order by xact_start`,
      [databases, longTransactionSeconds],
    )
    return rows.map(({ pid, database, user, age }) => ({
      severity: 'warning',
      database,
      object: String(pid),
      message: `A transaction of ${user} (process ${pid}) has been open for ${Math.round(age / 60)} minutes. What it writes will not be on the target, and its locks may make the dump wait.`,
      remedy: `-- on the source, if it is not needed\nselect pg_terminate_backend(${pid});`,
    }))
  },
}

const exclusiveLock: ServerCheck = {
  name: 'exclusive-lock',
  scope: 'server',
  subject: 'exclusive locks',
  worst: 'warning',
  async run({ sourceSession, databases }) {
    const rows = await sourceSession.query<{ pid: number; database: string; count: string }>(
      `select l.pid, d.datname::pg_catalog.text as database, pg_catalog.count(*) as count
         from pg_catalog.pg_locks l join pg_catalog.pg_database d on d.oid = l.database
        where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.relation >= 16384
          and d.datname::pg_catalog.text = any($1::pg_catalog.text[])
          -- A prepared transaction has no process; it is a finding of its own.
          and l.pid is not null
        group by 1, 2 order by 2, 1`,
      [databases],
    )
    return rows.map(({ pid, database, count }) => ({
      severity: 'warning',
      database,
      object: String(pid),
      message: `The process ${pid} holds or awaits an ACCESS EXCLUSIVE lock on ${countOf(Number(count), 'table or index', 'tables or indexes')}: the dump waits until it ends.`,
      remedy: `-- on the source: what it does, and how to end it\nselect state, xact_start, query from pg_stat_activity where pid = ${pid};\nselect pg_terminate_backend(${pid});`,
    }))
  },
}

export const activityChecks: readonly ServerCheck[] = [
  preparedTransaction,
  oldSnapshots,
  longTransaction,
  exclusiveLock,
]
