/** Tells the functions that were moved as they are, and that the target cannot run. */
import { functionsUnread, informing } from './informing.js'
import { addFinding, type Run } from '../run.js'
import type { Server, Snapshot } from '../server/index.js'
import { refusedFunctions } from '../validate/index.js'

/** One database as both servers hold it. */
interface MovedDatabase {
  readonly source: Server
  readonly target: Server
  /** Its name on the source, and in what is told. */
  readonly name: string
  readonly snapshot?: Snapshot
  /** Where it is on the target. */
  readonly targetDatabase: string
}

/** Adds a warning for each; of names that are missing, those functions that were found before the move have one already. */
export async function tellRefusedFunctions(run: Run, database: MovedDatabase): Promise<void> {
  const { source, target, name, snapshot, targetDatabase } = database
  const refused = await informing(run, functionsUnread(name), () =>
    refusedFunctions({
      source: { server: source, database: name, snapshot },
      target: { server: target, database: targetDatabase },
    }),
  )
  const told = new Set(
    run.report.findings
      .filter((finding) => finding.check === 'removed-name' && finding.database === name)
      .map(({ object }) => object),
  )
  for (const { name: object, reason, isNameMissing } of refused ?? []) {
    if (isNameMissing && told.has(object)) continue
    addFinding(run, {
      check: 'function-refused',
      severity: 'warning',
      database: name,
      object,
      message: `${object} was moved as it is, and fails on the target when it is called: PostgreSQL ${target.facts.major} refuses its body, which the source takes: ${reason}.`,
      remedy:
        'Write the function so that both majors take it, on the source before the next run, or on the target.',
    })
  }
}
