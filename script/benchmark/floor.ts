/** The floor: what COPY out, COPY in and the builds of the indexes cost the two servers alone, spread over the cores. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Session } from '../../src/server/index.js'
import type { Race } from './methods.js'

interface TableRow {
  readonly name: string
  readonly definition: string
  readonly indexes: string[]
}

/** Seconds. The servers read and write files of their own; nothing passes through another process. */
export async function measureFloor(race: Race, database: string, cores: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-floor-'))
  await chmod(folder, 0o777)
  const settings = {
    synchronous_commit: 'off',
    max_parallel_maintenance_workers: '0',
    maintenance_work_mem: '128MB',
  }
  const source = await race.source.server.connect(database)
  const target = await race.target.server.connect(database, { settings })
  try {
    return (await measureTables(source, target, join(folder, 'rows'))) / cores
  } finally {
    await Promise.all([source.close(), target.close()])
    await rm(folder, { recursive: true, force: true })
  }
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
