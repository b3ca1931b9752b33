/** Tells what to do where generated columns hold other values on the target, which computed them anew. */
import { addFinding, type Run } from '../run.js'
import type { Finding } from '../report/report.js'
import { quoteIdentifier } from '../server/index.js'
import type { ValidationResult } from '../validate/index.js'

type ComputedTable = ValidationResult['computedOtherwise'][number]

/** Adds a warning for each table; what was lost is a difference as well, and fails the database. */
export function tellComputedOtherwise(
  run: Run,
  database: string,
  tables: readonly ComputedTable[],
  targetMajor: number,
): void {
  for (const table of tables) {
    addFinding(
      run,
      table.isByMajor
        ? computedByMajor(database, table, targetMajor)
        : computedOtherwise(database, table, run.inputs.mode === 'validate'),
    )
  }
}

/** Of a target whose server or extensions compute otherwise than the source's. */
export function computedByMajor(
  database: string,
  { table, columns }: ComputedTable,
  major: number,
): Finding {
  const which = columns.map(quoteIdentifier).join(', ')
  return {
    check: 'computed-otherwise',
    severity: 'warning',
    database,
    object: table,
    message: `Generated columns of ${table} (${which}) have other values on the target than on the source, and nothing has been lost: every method has the target compute them of the same rows, and PostgreSQL ${major} or an extension there computes otherwise.`,
    remedy:
      'Look whether something outside of the database holds the old values or searches for them, and compute it anew after the upgrade. In the database nothing has to be done.',
  }
}

/** Of a database that is moved, the target has only a staging database, which is dropped. */
export function computedOtherwise(
  database: string,
  { table, columns, from }: ComputedTable,
  isThere: boolean,
): Finding {
  const which = columns.map(quoteIdentifier).join(', ')
  return {
    check: 'lookup-order',
    severity: 'warning',
    database,
    object: table,
    message: `Not all values of generated columns of ${table} (${which}) are the same on both sides. A row that arrives has them computed anew, by functions of users, which may find something else in other tables: on the target because those rows came later, or on the source because they were changed since it computed the values.`,
    remedy: remedyOf(table, from, isThere),
  }
}

function remedyOf(table: string, from: readonly string[], isThere: boolean): string {
  const copy = 'set "method" to "copy", which moves the rows of such tables behind all others'
  // What is computed from no column, no update computes anew.
  if (from.length === 0) return `For the next move, ${copy}, or create the column again.`
  const sets = from.map(quoteIdentifier).map((name) => `${name} = ${name}`)
  const statement = `update ${table} set ${sets.join(', ')};`
  return isThere
    ? `-- on the target, in the database: computes the values anew\n${statement}\n-- or on the source, where its values are the old ones\n${statement}`
    : `-- ${copy}; where that does not help, on the source: computes the values anew\n${statement}`
}
