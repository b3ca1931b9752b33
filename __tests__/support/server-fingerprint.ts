/** Everything that a whole server holds: every row of every catalog and table, its settings and folders, to compare before and after. */
import { setTimeout as sleep } from 'node:timers/promises'
import { quoteIdentifier } from '../../src/server/index.js'
import { inSession, runSql, type RunSql, type TestServer } from './servers.js'

/** One line for each thing that there is; equal exactly when nothing has changed. */
export type Fingerprint = readonly string[]

/** Statistics, and what VACUUM and ANALYZE note in passing, are not what somebody made. */
const volatile: Readonly<Record<string, readonly string[]>> = {
  pg_class: [
    'relpages',
    'reltuples',
    'relallvisible',
    'relallfrozen',
    'relfrozenxid',
    'relminmxid',
  ],
  pg_database: ['datfrozenxid', 'datminmxid'],
}
const statistics = ['pg_statistic', 'pg_statistic_ext_data']

/** Shared catalogs row by row, so that a failing test says what there is too much of. */
const readable = [
  'pg_database',
  'pg_authid',
  'pg_auth_members',
  'pg_db_role_setting',
  'pg_shdescription',
]

/** Reads the server as the superuser. */
export async function fingerprint(server: TestServer): Promise<Fingerprint> {
  const databases = await runSql<{ name: string }>(
    server,
    'postgres',
    'select datname::text as name from pg_database where datallowconn and datconnlimit <> -2 order by 1',
  )
  const contents = await Promise.all(databases.map(({ name }) => contentOf(server, name)))
  return [...(await serverLines(server)), ...contents.flat()].sort()
}

/** Resolves when no session of a run is left; a server notices only after a moment that a client is gone. */
export async function noSessionsLeft(server: TestServer): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const left = await runSql(
      server,
      'postgres',
      `select application_name, state, query from pg_stat_activity where application_name like 'upgrade-postgres%'`,
    )
    if (left.length === 0) return
    if (Date.now() > deadline) throw new Error(`Sessions are left: ${JSON.stringify(left)}`)
    await sleep(50)
  }
}

async function serverLines(server: TestServer): Promise<string[]> {
  const parts = [
    ...readable.map(
      (name) =>
        `select (to_jsonb(t) - ${array(volatile[name] ?? [])})::text as line from ${name} t`,
    ),
    `select to_jsonb(t)::text from pg_replication_slots t`,
    `select to_jsonb(t)::text from pg_prepared_xacts t`,
    `select pg_read_file('postgresql.auto.conf')`,
    `select pg_read_file('pg_hba.conf')`,
    // Every database has its folder. A folder without one may be left by the server, which warns of "useless files",
    // when it is told to end a session in the middle of CREATE DATABASE.
    `select 'base/' || d.oid from pg_database d where d.oid::text in (select pg_ls_dir('base'))`,
    `select name from pg_ls_dir('pg_tblspc') name`,
  ]
  const lines = await runSql<{ line: string }>(server, 'postgres', parts.join(' union all '))
  return lines.map(({ line }) => line)
}

interface Table {
  readonly name: string
  readonly qualified: string
  readonly columns: readonly string[]
}

/** A database may have settings that would have this file's own queries mean something else. */
const asWritten = 'set search_path = pg_catalog, public; set standard_conforming_strings = on;'

/** One line for each table of one database, the catalogs among them: how many rows, and a hash of them all. */
async function contentOf(server: TestServer, database: string): Promise<string[]> {
  // Of 64 bits since 11. A sum needs no order.
  const hash = server.major >= 11 ? 'hashtextextended(v, 0)' : 'hashtext(v)'
  const lines = await inSession(server, database, async (run) =>
    linesOf(run, await tablesOf(run), hash),
  )
  return lines.map((line) => `${database}: ${line}`)
}

async function tablesOf(run: RunSql): Promise<Table[]> {
  return run<Table>(
    // Up to 11 the object identifier is a hidden column.
    `${asWritten} select c.relname::text as name, c.oid::regclass::text as qualified,
            array(select a.attname::text from pg_attribute a
                   where a.attrelid = c.oid and not a.attisdropped and (a.attnum > 0 or a.attname = 'oid')
                   order by a.attnum) as columns
       from pg_class c
      where c.relkind in ('r', 'm', 'S') and c.relpersistence <> 't' and c.relname <> all (${array(statistics)})
        and not (c.relkind = 'm' and not c.relispopulated)`,
  )
}

async function linesOf(run: RunSql, tables: readonly Table[], hash: string): Promise<string[]> {
  const lines = tables.map((table) => countAndHash(table, hash)).join(' union all ')
  const [row] = await run<{ lines: string[] }>(`select array(${lines}) as lines`)
  return row?.lines ?? []
}

function countAndHash({ name, qualified, columns }: Table, hash: string): string {
  const kept = columns.filter((column) => volatile[name]?.includes(column) !== true)
  const values =
    kept.length === 0 ? 'null' : kept.map((column) => `t.${quoteIdentifier(column)}`).join(', ')
  return `(select ${literal(`${qualified} `)} || count(*) || ' ' || coalesce(sum(${hash}), 0)
             from (select row(${values})::text as v from ${qualified} t) s)`
}

function array(items: readonly string[]): string {
  return `array[${items.map(literal).join(', ')}]::text[]`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
