/** Databases that came to the source when those to be moved had been chosen: they are on no target. */
import { informing } from './informing.js'
import type { Finding } from '../report/report.js'
import { addFinding, type Run } from '../run.js'
import {
  listDatabases,
  repeatedWhenLost,
  selectDatabases,
  type DatabaseFacts,
  type Server,
} from '../server/index.js'

/** Chooses once more, and tells what is chosen now and was not then. Never fails but when cancelled. */
export async function tellDatabasesCreated(
  run: Run,
  source: Server,
  chosen: readonly DatabaseFacts[],
): Promise<void> {
  const { databases: wanted, excludeDatabases: excluded } = run.inputs
  // Whatever is given by name was chosen, or the checks have told why not.
  if (wanted.areNames) return
  await informing(run, databasesUnknown, async () => {
    const all = await repeatedWhenLost(() => listDatabases(source))
    const names = new Set(chosen.map(({ name }) => name))
    // `postgres` was there before: whether it holds something is not asked again.
    const now = selectDatabases(all, { wanted, excluded }, true)
    const created = now.filter(({ name }) => !names.has(name))
    for (const { name } of created) addFinding(run, databaseCreated(name))
  })
}

function databaseCreated(name: string): Finding {
  return {
    check: 'database-created',
    severity: 'warning',
    database: name,
    message: `The database ${JSON.stringify(name)} was created on the source, or given its name, after the databases had been chosen: this run has not looked at it.`,
    remedy: `Run again with "databases" set to the name alone, or leave the database out with "exclude-databases".`,
  }
}

function databasesUnknown(reason: string): Finding {
  return {
    check: 'database-created',
    severity: 'warning',
    message: `It is not known whether databases were created on the source meanwhile: ${reason}`,
  }
}
