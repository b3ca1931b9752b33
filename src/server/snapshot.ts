/** The exported snapshot that the dump and the validation both read, held open by a session of its own. */
import { quoteLiteral, quoteQualified } from './quote.js'
import type { ConnectOptions, Server } from './server.js'
import type { Session } from './session.js'

export interface Snapshot {
  /** What `pg_dump --snapshot` and `SET TRANSACTION SNAPSHOT` take. */
  readonly id: string
  readonly database: string
  /** Opens a session whose transaction sees exactly this snapshot. */
  connect(options?: ConnectOptions): Promise<Session>
  /** Rejects when the holding session is lost; never resolves before release. */
  readonly lost: Promise<never>
  release(): Promise<void>
}

const keepAliveMs = 20_000
const tablesPerLock = 500

/**
 * Exports a snapshot of one database of the source. The holder locks every user table in ACCESS SHARE mode,
 * as pg_dump does, for as long as the snapshot lives: TRUNCATE is not MVCC-safe (manual section 13.6), so
 * without the lock a truncation after the dump would look like lost rows to the validation.
 */
export async function exportSnapshot(source: Server, database: string): Promise<Snapshot> {
  const holder = await source.connect(database)
  try {
    await holder.query('begin isolation level repeatable read read only')
    const [exported] = await holder.query<{ id: string }>(
      'select pg_catalog.pg_export_snapshot() as id',
    )
    if (exported === undefined) throw new Error('pg_export_snapshot() returned nothing.')
    await lockTables(holder)
    return hold(source, holder, exported.id)
  } catch (error) {
    await holder.close()
    throw error
  }
}

async function lockTables(holder: Session): Promise<void> {
  const tables = await holder.query<{ schema: string; name: string }>(
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
  for (let start = 0; start < tables.length; start += tablesPerLock) {
    const names = tables
      .slice(start, start + tablesPerLock)
      .map(({ schema, name }) => `only ${quoteQualified(schema, name)}`)
    await holder.query(`lock table ${names.join(', ')} in access share mode`)
  }
}

function hold(source: Server, holder: Session, id: string): Snapshot {
  let timer: NodeJS.Timeout | undefined
  const lost = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      holder.query('select 1').catch((error: unknown) => {
        clearInterval(timer)
        reject(error instanceof Error ? error : new Error(String(error)))
      })
    }, keepAliveMs)
  })
  lost.catch(() => undefined)
  return {
    id,
    database: holder.database,
    lost,
    async connect(options) {
      const session = await source.connect(holder.database, options)
      try {
        await session.query('begin isolation level repeatable read read only')
        await session.query(`set transaction snapshot ${quoteLiteral(id)}`)
        return session
      } catch (error) {
        await session.close()
        throw error
      }
    },
    async release() {
      clearInterval(timer)
      await holder.close()
    },
  }
}
