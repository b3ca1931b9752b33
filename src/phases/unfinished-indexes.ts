/** Tells the indexes that somebody began to build after the checks: no dump has them. */
import { readInvalidIndexes } from '../check/index.js'
import { addFinding, isTold, type Run } from '../run.js'
import { repeatedWhenLost, type Snapshot } from '../server/index.js'

/** Those that were not valid to the snapshot, and that no check has told. */
export async function tellUnfinishedIndexes(
  run: Pick<Run, 'report' | 'log'>,
  snapshot: Pick<Snapshot, 'withSession' | 'database'>,
): Promise<void> {
  const { database } = snapshot
  const indexes = await repeatedWhenLost(() => snapshot.withSession(readInvalidIndexes))
  for (const { object, isUnique, definition } of indexes) {
    if (isTold(run.report, { check: 'invalid-index', database, object })) continue
    addFinding(run, {
      check: 'invalid-index',
      severity: 'warning',
      database,
      object,
      message: `The index ${object} was being built on the source when the snapshot was taken, or was left half-built. It is not moved${isUnique ? ', and what it should keep unique is not' : ''}.`,
      remedy: `-- on the target, in the database, where the source has it by then\n${definition ?? ''};`,
    })
  }
}
