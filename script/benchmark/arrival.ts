/** Who has not moved everything has not been measured: tables, indexes, constraints, large objects and rows are counted on both sides. */
import { isDeepStrictEqual } from 'node:util'
import { runSql, type TestServer } from '../../__tests__/support/servers.js'

const tablesAtOnce = 500

/** Fails when the counts differ. */
export async function assertArrived(
  { source, target }: { readonly source: TestServer; readonly target: TestServer },
  contender: string,
  database: string,
  targetDatabase: string,
): Promise<void> {
  const wanted = await count(source, database)
  const arrived = await count(target, targetDatabase)
  if (isDeepStrictEqual(wanted, arrived)) return
  throw new Error(
    `${contender} has not moved all of ${database}: ${JSON.stringify(arrived)} instead of ${JSON.stringify(wanted)}.`,
  )
}

interface Counts {
  readonly indexes: string
  readonly constraints: string
  readonly largeObjects: string
  readonly rows: number
}

async function count(server: TestServer, database: string): Promise<Counts> {
  const [objects] = await runSql<Omit<Counts, 'rows'>>(server, database, objectsQuery)
  if (objects === undefined) throw new Error('The server counted nothing.')
  const tables = await runSql<{ name: string }>(server, database, tablesQuery)
  let rows = 0
  for (let start = 0; start < tables.length; start += tablesAtOnce) {
    const counts = tables
      .slice(start, start + tablesAtOnce)
      .map(({ name }) => `select count(*) as count from ${name}`)
    const sums = `select sum(count) as rows from (${counts.join(' union all ')}) counts`
    const [sum] = await runSql<{ rows: string }>(server, database, sums)
    rows += Number(sum?.rows ?? 0)
  }
  return { ...objects, rows }
}

const objectsQuery = `
  select (select count(*) from pg_index where indrelid >= 16384 and indrelid in (select oid from pg_class where relkind = 'r')) as indexes,
         (select count(*) from pg_constraint where conrelid >= 16384 and contype in ('p', 'u', 'f')) as constraints,
         (select count(*) from pg_largeobject_metadata) as "largeObjects"`

const tablesQuery = `
  select oid::regclass::text as name from pg_class
   where relkind = 'r' and relnamespace = 'public'::regnamespace`
