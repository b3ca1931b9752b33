/** Rows and content of every table on both sides. */
import { figures, paragraph, words } from '../document.js'
import type { Block, Column, Limits, Section, Text } from '../document.js'
import { countOf, formatCount } from '../format.js'
import type { DatabaseReport, Report, TableReport } from '../report.js'
import { NONE, sizeCell } from './cells.js'
import { cut, more } from './cut.js'

const rowCount = (rows: number | null): Text => [rows === null ? 'not counted' : formatCount(rows)]

const nameOf = ({ schema, name }: TableReport): string => `${schema}.${name}`

function checksumCell(checksum: TableReport['checksum']): Text {
  if (checksum === null) return NONE
  return checksum.source === checksum.target ? ['equal'] : [{ strong: 'different' }]
}

function tableRow(table: TableReport, withChecksums: boolean): Text[] {
  return [
    [{ code: nameOf(table) }],
    rowCount(table.sourceRows),
    rowCount(table.targetRows),
    table.equal ? ['yes'] : [{ strong: 'no' }],
    ...(withChecksums ? [checksumCell(table.checksum)] : []),
    sizeCell(table.bytes),
  ]
}

/** Unequal tables first, then those with most rows. */
function inOrderOfInterest(tables: readonly TableReport[]): TableReport[] {
  return tables.toSorted(
    (a, b) =>
      Number(a.equal) - Number(b.equal) ||
      (b.sourceRows ?? 0) - (a.sourceRows ?? 0) ||
      (nameOf(a) < nameOf(b) ? -1 : 1),
  )
}

function ofDatabase(database: DatabaseReport, limits: Limits): Block[] {
  const { tables } = database
  const unequal = tables.filter((table) => !table.equal).length
  const rows = tables.reduce((sum, table) => sum + (table.sourceRows ?? 0), 0)
  const verdict = unequal === 0 ? 'all equal' : `${formatCount(unequal)} not equal`
  const withChecksums = tables.some((table) => table.checksum !== null)
  const shown = cut(inOrderOfInterest(tables), limits)
  const columns: Column[] = [
    words('Table'),
    figures('Source rows'),
    figures('Target rows'),
    words('Equal'),
    ...(withChecksums ? [words('Checksum')] : []),
    figures('Size'),
  ]
  return [
    paragraph(
      { code: database.name },
      `: ${countOf(tables.length, 'table')}, ${countOf(rows, 'row')} on the source, ${verdict}`,
    ),
    { kind: 'table', columns, rows: shown.entries.map((table) => tableRow(table, withChecksums)) },
    ...more(shown.missing, 'table', limits),
  ]
}

/** Every table's rows on both sides, by database; null when no table was compared. */
export function tablesSection(report: Report, limits: Limits): Section | null {
  const compared = report.databases.filter((database) => database.tables.length > 0)
  if (compared.length === 0) return null
  const tables = compared.flatMap((database) => database.tables)
  const unequal = tables.filter((table) => !table.equal).length
  const verdict = unequal === 0 ? 'all equal' : `${formatCount(unequal)} not equal`
  const shown = cut(compared, limits)
  return {
    id: 'tables',
    title: `Rows on both sides: ${countOf(tables.length, 'table')}, ${verdict}`,
    mood: unequal === 0 ? 'good' : 'bad',
    folded: true,
    blocks: [
      ...shown.entries.flatMap((database) => ofDatabase(database, limits)),
      ...more(shown.missing, 'database', limits),
    ],
  }
}
