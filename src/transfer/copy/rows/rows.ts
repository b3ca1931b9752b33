/** Decides for every table how its rows travel: binary or text, whole or in parts. */
import type { Session } from '../../../server/index.js'
import type { TransferOptions } from '../../transfer.js'
import { readEncoding } from '../../encoding.js'
import { givenEncoding } from '../arguments.js'
import { readTables, readTypes, type SourceTable } from './catalog.js'
import type { CopyForm } from './copy-statements.js'
import { divideTable } from './parts.js'
import { nameOf, type TablePlan } from './table.js'
import { typeWithoutStableForm } from './wire-format.js'

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

/** Plans the rows of the tables of the given OIDs, and of the extensions' configuration tables. */
export async function planRows(
  options: TransferOptions,
  source: Session,
  targetEncoding: string,
  oids: readonly number[],
): Promise<RowPlans> {
  const major = options.source.facts.major
  const encoding = rowEncoding(
    await readEncoding(source),
    targetEncoding,
    givenEncoding(options.pgDumpArguments),
  )
  const all = await readTables(source, major, oids)
  // A standby cannot read unlogged tables; pg_dump leaves them out there as well.
  const readable = all.filter((table) => !(options.source.facts.isStandby && table.isUnlogged))
  const used = readable.flatMap((table) => table.columns.map((column) => column.type))
  const types = await readTypes(source, major, used)
  const totalBytes = readable.reduce((sum, table) => sum + table.bytes, 0)
  const asText: string[] = []
  const textForm: CopyForm = { format: 'text', encoding }
  const binaryForm: CopyForm = { format: 'binary', encoding }

  const formOf = (table: SourceTable): CopyForm => {
    if (encoding !== null) return textForm
    for (const column of table.columns) {
      const type = typeWithoutStableForm(column.type, types, options.target.facts.major)
      if (type !== null) {
        asText.push(`${nameOf(table)} (column ${JSON.stringify(column.name)}: ${type})`)
        return textForm
      }
    }
    return binaryForm
  }
  const tables = readable.map((table) => ({
    table,
    form: formOf(table),
    textForm,
    ...divideTable(table, { jobs: options.jobs, sourceMajor: major, totalBytes }),
  }))
  return { tables, asText }
}
