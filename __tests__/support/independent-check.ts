/** Compares two databases without anything of the product: a dump of both schemas by one pg_dump, and a hash of every table. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { prepareClientTools } from '../../src/client/index.js'
import { silentLog } from '../../src/log.js'
import { cacheFolder } from './server-binaries.js'
import { inSession, type TestServer } from './servers.js'

export interface Place {
  readonly server: TestServer
  readonly database: string
}

const run = promisify(execFile)

/** The schema as pg_dump of the given major writes it, without the lines that name versions or a random key. */
export async function schemaDump({ server, database }: Place, major: number): Promise<string> {
  const tools = await prepareClientTools({
    major,
    source: 'auto',
    toolCache: join(cacheFolder(), 'tool-cache'),
    log: silentLog,
    signal: new AbortController().signal,
  })
  const { stdout } = await run(
    tools.path('pg_dump'),
    [
      '--schema-only',
      '--quote-all-identifiers',
      '--no-comments',
      `--dbname=${server.url(database)}`,
    ],
    { env: { ...tools.environment, LC_ALL: 'C', PGSSLMODE: 'disable' }, maxBuffer: 2 ** 28 },
  )
  return stdout
    .split('\n')
    .filter((line) => !/^(--|\\(un)?restrict |SET default_table_access_method|$)/.test(line))
    .join('\n')
    .replace(/CREATE (?:MATERIALIZED )?VIEW [^;]*;/g, withoutQualifiers)
    .replace(/\(\(ARRAY\[([^\]]*)\]\)::"text"\[\]\)/g, readAgain)
}

/** A cast of a whole array becomes one of each element when what the server printed is read again. */
function readAgain(_all: string, elements: string): string {
  const cast = elements.split(', ').map((element) => `(${element})::"text"`)
  return `(ARRAY[${cast.join(', ')}])`
}

/** 16 stopped printing the table in front of a column where a view reads one table only. */
function withoutQualifiers(view: string): string {
  return view.replace(/"(?:[^"]|"")+"\.(?=")/g, '')
}

/** Per table: rows and a hash of all rows, sorted as text. Floats are printed with 15 digits, as 11 and 12 agree on. */
export async function tableHashes({ server, database }: Place): Promise<Record<string, string>> {
  return inSession(server, database, async (run) => {
    // A materialized view knows no ONLY.
    const tables = await run<{ name: string; source: string }>(
      `set extra_float_digits = 0; set timezone = 'UTC'; set quote_all_identifiers = on;
       select c.oid::regclass::text as name,
              case c.relkind when 'r' then 'only ' else '' end || c.oid::regclass::text as source
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'm') and c.relispopulated and n.nspname not in ('pg_catalog', 'information_schema')
          and n.nspname not like 'pg\\_%' order by 1`,
    )
    const hashes: Record<string, string> = {}
    for (const { name, source } of tables) {
      const rows = await run<{ row: string }>(
        `select t::text as row from ${source} t order by t::text collate "C"`,
      )
      const hash = createHash('sha256')
      for (const { row } of rows) hash.update(`${row}\n`)
      hashes[name] = `${rows.length} ${hash.digest('hex').slice(0, 16)}`
    }
    return hashes
  })
}
