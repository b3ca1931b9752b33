/** The exported snapshot that the dump and the validation both read, held open by a session of its own. */
import { UpgradeError } from '../errors.js'
import { quoteLiteral, quoteQualified } from './quote.js'
import type { ConnectOptions, Server } from './server.js'
import type { Session } from './session/session.js'
import { standstillWatch } from './session/standstill.js'
import { repeatWithPauses } from './session/ticks.js'
import { pausing, sayingWhomItAwaits } from './session/waiting.js'

export interface Snapshot {
  /** What `pg_dump --snapshot` and `SET TRANSACTION SNAPSHOT` take. */
  readonly id: string
  readonly database: string
  /** Opens a session whose transaction sees exactly this snapshot. */
  connect(options?: ConnectOptions): Promise<Session>
  /** Such a session for as long as `work` lasts. */
  withSession<T>(work: (session: Session) => Promise<T>): Promise<T>
  /** Rejects when the holding session is lost, or the run stands still because of it; never resolves before release. */
  readonly lost: Promise<never>
  release(): Promise<void>
}

export interface SnapshotOptions {
  /** Told every `everyMs` who has a table locked, as long as the snapshot waits for it. */
  readonly onWait?: (who: string) => void
  readonly everyMs?: number
}

const lookMs = 5000
const tablesPerLock = 500
/** Where tables come and go all the time, the last attempt takes what it gets. */
const attempts = 10
/**
 * undefined_table, invalid_schema_name: dropped since it was listed. deadlock_detected: whoever alters several tables waits
 * for one that we have, and we for one of theirs; they go on when we let go.
 */
const passing = new Set(['42P01', '3F000', '40P01'])

/**
 * Exports a snapshot of one database of the source. The holder has every user table locked in ACCESS SHARE mode, as
 * pg_dump does, for as long as the snapshot lives. The locks come first: TRUNCATE and what rewrites a table are not
 * MVCC-safe (manual section 13.6), and to a snapshot from before them the table looks empty, on both sides. LOCK TABLE
 * itself takes no snapshot (manual, "LOCK").
 */
export async function exportSnapshot(
  source: Server,
  database: string,
  { onWait = () => undefined, everyMs = 15_000 }: SnapshotOptions = {},
): Promise<Snapshot> {
  const holder = await source.connect(database)
  try {
    for (let attempt = 1; ; attempt += 1) {
      const id = await sayingWhomItAwaits(
        source,
        { session: holder, say: onWait, repeat: pausing(everyMs) },
        () => lockAndExport(source, holder, attempt === attempts),
      )
      if (id !== undefined) return hold(source, holder, id)
      await holder.query('rollback')
    }
  } catch (error) {
    await holder.close()
    throw error
  }
}

/** Undefined when a table was created or dropped meanwhile, or somebody else waited for the session and it for them. */
async function lockAndExport(
  source: Server,
  holder: Session,
  isLast: boolean,
): Promise<string | undefined> {
  const tables = await source.withSession(holder.database, listTables)
  await holder.query('begin isolation level repeatable read read only')
  try {
    await lockTables(holder, tables)
    const [exported] = await holder.query<{ id: string }>(
      'select pg_catalog.pg_export_snapshot() as id',
    )
    if (exported === undefined) throw new Error('pg_export_snapshot() returned nothing.')
    const locked = new Set(tables)
    const young = (await listTables(holder)).filter((table) => !locked.has(table))
    if (young.length > 0 && !isLast) return undefined
    await lockTables(holder, young)
    return exported.id
  } catch (error) {
    const isPassing = error instanceof UpgradeError && passing.has(error.sqlState ?? '')
    if (isLast || !isPassing) throw error
    return undefined
  }
}

/** Every table that the role may read, as LOCK TABLE takes it. */
async function listTables(session: Session): Promise<string[]> {
  const tables = await session.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name
       from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p')
        and c.relpersistence <> 't'
        and n.nspname not like 'pg\\_%'
        and n.nspname <> 'information_schema'
        and pg_catalog.has_schema_privilege(n.oid, 'usage')
        and pg_catalog.has_table_privilege(c.oid, 'select')
      order by n.nspname, c.relname`,
  )
  return tables.map(({ schema, name }) => `only ${quoteQualified(schema, name)}`)
}

async function lockTables(holder: Session, tables: readonly string[]): Promise<void> {
  for (let start = 0; start < tables.length; start += tablesPerLock) {
    const names = tables.slice(start, start + tablesPerLock)
    await holder.query(`lock table ${names.join(', ')} in access share mode`)
  }
}

function hold(source: Server, holder: Session, id: string): Snapshot {
  let stopLooking = (): void => undefined
  const look = standstillWatch(holder)
  const lost = new Promise<never>((_resolve, reject) => {
    // A query keeps the session alive as well.
    stopLooking = repeatWithPauses(lookMs, look, (error) => {
      reject(error instanceof Error ? error : new Error(String(error)))
    })
  })
  lost.catch(() => undefined)
  const connect = async (options?: ConnectOptions): Promise<Session> => {
    const session = await source.connect(holder.database, options)
    try {
      await session.query('begin isolation level repeatable read read only')
      await session.query(`set transaction snapshot ${quoteLiteral(id)}`)
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  }
  return {
    id,
    database: holder.database,
    lost,
    connect,
    async withSession(work) {
      const session = await connect()
      return work(session).finally(() => session.close())
    },
    async release() {
      stopLooking()
      await holder.close()
    },
  }
}
