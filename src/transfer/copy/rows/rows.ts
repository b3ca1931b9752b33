/** Decides for every table how its rows travel: binary or text, whole or in parts. */
import type { ServerFacts, Session } from '../../../server/index.js'
import type { TransferOptions } from '../../transfer.js'
import { readEncoding } from '../../encoding.js'
import { givenEncoding } from '../arguments.js'
import { readTables, readTypes, type SourceTable } from './catalog.js'
import type { CopyForm } from './copy-statements.js'
import { divideTable } from './parts.js'
import { nameOf, type TablePlan } from './table.js'
import { typeWithoutStableForm, type TypeFacts } from './wire-format.js'

/**
 * The encoding in which rows travel as text, by PostgreSQL's name; null when both databases are in UTF8, as the
 * sessions are. The characters of any other encoding are not converted on the way more often than needed, and those
 * of SQL_ASCII, which the server has never looked at, must be valid in the target's encoding (F37).
 */
export function rowEncoding(
  source: string,
  target: string,
  declared: string | null,
): string | null {
  if (source === 'UTF8' && target === 'UTF8') return null
  if (source !== 'SQL_ASCII') return source
  return declared ?? target
}

export interface RowPlans {
  readonly tables: readonly TablePlan[]
  /** Why tables are sent as text, for the log. */
  readonly asText: readonly string[]
}

/** What the source knows of its rows. */
export interface SourceRows {
  /** PostgreSQL's name of the database's encoding. */
  readonly encoding: string
  readonly tables: readonly SourceTable[]
  /** By OID. */
  readonly types: ReadonlyMap<number, TypeFacts>
}

/** Reads all tables that can be read. */
export async function readRows(
  source: Session,
  { major, isStandby }: Pick<ServerFacts, 'major' | 'isStandby'>,
): Promise<SourceRows> {
  const encoding = await readEncoding(source)
  const all = await readTables(source, major)
  // A standby cannot read unlogged tables; pg_dump leaves them out there as well.
  const tables = all.filter((table) => !(isStandby && table.isUnlogged))
  const used = tables.flatMap((table) => table.columns.map((column) => column.type))
  return { encoding, tables, types: await readTypes(source, major, used) }
}

/** Plans the rows of the tables of the given OIDs, and of the extensions' configuration tables. */
export function planRows(
  options: Pick<TransferOptions, 'source' | 'target' | 'jobs' | 'pgDumpArguments'>,
  rows: SourceRows,
  targetEncoding: string,
  oids: ReadonlySet<number>,
): RowPlans {
  const encoding = rowEncoding(
    rows.encoding,
    targetEncoding,
    givenEncoding(options.pgDumpArguments),
  )
  const wanted = rows.tables.filter(
    ({ oid, configuration }) => configuration !== null || oids.has(oid),
  )
  const totalBytes = wanted.reduce((sum, table) => sum + table.bytes, 0)
  const asText: string[] = []
  const textForm: CopyForm = { format: 'text', encoding }
  const binaryForm: CopyForm = { format: 'binary', encoding }

  const formOf = (table: SourceTable): CopyForm => {
    if (encoding !== null) return textForm
    for (const column of table.columns) {
      const type = typeWithoutStableForm(column.type, rows.types, options.target.facts.major)
      if (type !== null) {
        asText.push(`${nameOf(table)} (column ${JSON.stringify(column.name)}: ${type})`)
        return textForm
      }
    }
    return binaryForm
  }
  const sourceMajor = options.source.facts.major
  const tables = wanted.map((table) => ({
    table,
    form: formOf(table),
    textForm,
    ...divideTable(table, { jobs: options.jobs, sourceMajor, totalBytes }),
  }))
  return { tables, asText }
}
