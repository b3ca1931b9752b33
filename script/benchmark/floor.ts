/** What the contenders are held against: what COPY out, COPY in and the index builds cost the two servers alone, and what pg_dump takes for the definitions. */
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ClientTools } from '../../src/client/tools.js'
import type { Session } from '../../src/server/index.js'
import type { HeatResult } from './contenders.js'
import { busySeconds, serverSeconds } from './processor-time.js'
import { openTestServer, type TestServer } from '../../__tests__/support/servers.js'

interface TableRow {
  readonly name: string
  readonly definition: string
  readonly indexes: string[]
}

interface Floor {
  readonly source: TestServer
  readonly target: TestServer
  readonly database: string
  /** Exists on the target, and is empty. */
  readonly targetDatabase: string
  /** Over which the work is spread. */
  readonly cores: number
}

/** The servers read and write files of their own; nothing passes through another process. */
export async function measureFloor(
  floor: Floor,
): Promise<{ seconds: number; costs: Omit<HeatResult, 'seconds'> }> {
  const folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-floor-'))
  await chmod(folder, 0o777)
  const settings = {
    synchronous_commit: 'off',
    max_parallel_maintenance_workers: '0',
    maintenance_work_mem: '128MB',
  }
  const source = await (await openTestServer(floor.source, 'source')).connect(floor.database)
  const targetServer = await openTestServer(floor.target, 'target')
  const target = await targetServer.connect(floor.targetDatabase, { settings })
  try {
    const before = await readTimes(floor)
    const seconds = (await measureTables(source, target, join(folder, 'rows'))) / floor.cores
    const after = await readTimes(floor)
    const serverSeconds = after.servers - before.servers
    const otherSeconds = Math.max(0, after.busy - before.busy - serverSeconds)
    const nothing = { ownSeconds: 0, programSeconds: 0, peakBytes: 0, phases: {} }
    return { seconds, costs: { serverSeconds, otherSeconds, ...nothing } }
  } finally {
    await Promise.all([source.close(), target.close()])
    await rm(folder, { recursive: true, force: true })
  }
}

async function readTimes({ source, target }: Floor) {
  const servers =
    (await serverSeconds(source.dataDirectory)) + (await serverSeconds(target.dataDirectory))
  return { servers, busy: await busySeconds() }
}

async function measureTables(source: Session, target: Session, file: string): Promise<number> {
  let seconds = 0
  const timed = async (session: Session, sql: string) => {
    const start = performance.now()
    await session.query(sql)
    seconds += (performance.now() - start) / 1000
  }
  for (const { name, definition, indexes } of await source.query<TableRow>(tablesQuery)) {
    await timed(source, `copy ${name} to '${file}' (format binary)`)
    await target.query(`create table ${name} (${definition})`)
    await timed(
      target,
      `begin; truncate ${name}; copy ${name} from '${file}' (format binary, freeze true); commit`,
    )
    for (const index of indexes) await timed(target, index)
  }
  return seconds
}

const tablesQuery = `
  select c.oid::regclass::text as name,
         (select string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum)
            from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) as definition,
         array(select pg_get_indexdef(indexrelid) from pg_index where indrelid = c.oid) as indexes
    from pg_class c
   where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
   order by pg_table_size(c.oid) desc`

/** Seconds of `pg_dump --schema-only`. */
export async function measureDefinitions(
  { host, port, user, password }: TestServer,
  database: string,
  tools: ClientTools,
): Promise<number> {
  const start = performance.now()
  await promisify(execFile)(
    tools.path('pg_dump'),
    [
      '--schema-only',
      '--format=custom',
      '--file=/dev/null',
      '--no-sync',
      `--host=${host}`,
      `--port=${port}`,
    ].concat([`--username=${user}`, `--dbname=${database}`]),
    { env: { ...tools.environment, PGPASSWORD: password, PGSSLMODE: 'disable' } },
  )
  return (performance.now() - start) / 1000
}
