/** Gives a staging database the settings of the source's database that decide what its expressions yield, until it is published. */
import { QueryError } from '../errors.js'
import { formatSetting, quoteIdentifier, type Session } from '../server/index.js'
import type { NamedValue } from '../telling/settings.js'

/** One that the target refuses is told with the database's properties, which are tried again with the publication. */
export async function giveSettings(
  session: Session,
  stagingDatabase: string,
  settings: readonly NamedValue[],
): Promise<void> {
  if (settings.length === 0 || (await isAccepted(session, stagingDatabase, settings))) return
  for (const setting of settings) await isAccepted(session, stagingDatabase, [setting])
}

/** All of them, or none. */
async function isAccepted(
  session: Session,
  stagingDatabase: string,
  settings: readonly NamedValue[],
): Promise<boolean> {
  const database = quoteIdentifier(stagingDatabase)
  const statements = settings.map(
    ({ name, value }) => `alter database ${database} ${formatSetting(name, value)}`,
  )
  try {
    await session.query(statements.join('; '))
    return true
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    return false
  }
}

/** A statement that leaves a database without settings for everybody. */
export function withoutSettings(database: string): string {
  return `alter database ${quoteIdentifier(database)} reset all`
}
