/** The last line of a database in the log: what became of it, and what was compared. */
import { isCompared } from './compared.js'
import { countOf, formatCount } from './format.js'
import type { DatabaseReport, Mode } from './report.js'

/** `shop: published; 16 tables with 961,897 rows equal on both sides.` */
export function outcomeOf(database: DatabaseReport, mode: Mode): string {
  const { name, differences, result } = database
  if (result !== 'passed') {
    return `${name}: not published, because of ${countOf(differences.length, 'difference')}.`
  }
  const done = mode === 'rehearse' ? 'rehearsed, nothing published' : 'published'
  return `${name}: ${done}; ${whatWasCompared(database)}.`
}

function whatWasCompared(database: DatabaseReport): string {
  const { tables } = database
  if (!isCompared(database)) return 'not validated'
  if (tables.length === 0) return 'validated, there are no tables'
  const rows = tables.reduce((sum, { targetRows }) => sum + (targetRows ?? 0), 0)
  return `${countOf(tables.length, 'table')} with ${formatCount(rows)} rows equal on both sides`
}
