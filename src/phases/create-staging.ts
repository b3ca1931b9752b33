/** Creates the staging database of a run, with what its expressions need to yield what they yield on the source. */
import { repeatedWhenLost } from '../server/index.js'
import { createStagingDatabase, localeFindings, type DatabaseProperties } from '../staging/index.js'
import type { NamedValue } from '../telling/settings.js'
import { isGiven } from '../transfer/copy/arguments.js'
import { carriesTablespaces, readFillSettings } from '../transfer/index.js'
import { addFinding } from '../run.js'
import type { DatabaseRun } from './database-run.js'

/** Returns the settings of the source's database that the staging database has got. */
export async function createStaging(
  run: DatabaseRun,
  properties: DatabaseProperties,
): Promise<readonly NamedValue[]> {
  const { source, target, database, staging } = run
  run.journal.addStagingDatabase(staging)
  const tablespace = (await keepsTablespaces(run)) ? properties.tablespace : null
  const { settings } = await repeatedWhenLost(() => readFillSettings(source, database.name))
  const used = await createStagingDatabase(target, staging, { ...properties, tablespace }, settings)
  for (const finding of localeFindings(database.name, properties, used)) addFinding(run, finding)
  return used.settings
}

/** The database's own is kept where those of its objects are. */
async function keepsTablespaces({ inputs, source, target }: DatabaseRun): Promise<boolean> {
  if (isGiven(inputs, '--no-tablespaces')) return false
  return repeatedWhenLost(() => carriesTablespaces(source, target))
}
