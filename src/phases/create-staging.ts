/** Creates the staging database of a run, with what its expressions need to yield what they yield on the source. */
import { repeatedWhenLost } from '../server/index.js'
import { createStagingDatabase, localeFindings, type DatabaseProperties } from '../staging/index.js'
import type { NamedValue } from '../telling/settings.js'
import { isGiven } from '../transfer/copy/arguments.js'
import { carriesTablespaces, decidingSettings, readFillSettings } from '../transfer/index.js'
import { addFinding } from '../run.js'
import type { DatabaseRun } from './database-run.js'

/**
 * Returns what a new session of the staging database has: the settings of the source's database, which it is lent, and for all else
 * those of the target, as the published database will have them.
 */
export async function createStaging(
  run: DatabaseRun,
  properties: DatabaseProperties,
): Promise<readonly NamedValue[]> {
  const { target, database, staging } = run
  run.journal.addStagingDatabase(staging)
  const tablespace = (await keepsTablespaces(run)) ? properties.tablespace : null
  const used = await createStagingDatabase(
    target,
    staging,
    { ...properties, tablespace },
    decidingSettings(properties.settings),
  )
  for (const finding of localeFindings(database.name, properties, used)) addFinding(run, finding)
  const { settings } = await repeatedWhenLost(() => readFillSettings(target, staging))
  return settings
}

/** The database's own is kept where those of its objects are. */
async function keepsTablespaces({ inputs, source, target }: DatabaseRun): Promise<boolean> {
  if (isGiven(inputs, '--no-tablespaces')) return false
  return repeatedWhenLost(() => carriesTablespaces(source, target))
}
