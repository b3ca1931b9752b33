/** The last line of a database in the log: what became of it, and what was compared. */
import { countOf, formatCount } from './format.js'
import type { DatabaseReport, Mode } from './report.js'

/** `shop: published; 16 tables with 961,897 rows equal on both sides.` */
export function outcomeOf(
  { name, tables, differences, result }: DatabaseReport,
  mode: Mode,
): string {
  if (result !== 'passed') {
    return `${name}: not published, because of ${countOf(differences.length, 'difference')}.`
  }
  const rows = tables.reduce((sum, { targetRows }) => sum + (targetRows ?? 0), 0)
  const compared =
    tables.length === 0
      ? 'not validated'
      : `${countOf(tables.length, 'table')} with ${formatCount(rows)} rows equal on both sides`
  return `${name}: ${mode === 'rehearse' ? 'rehearsed, nothing published' : 'published'}; ${compared}.`
}
