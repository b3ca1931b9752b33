/** Gives back what a freeze has made read-only, and says how somebody does it by hand. */
import { doing, messageOf } from '../../errors.js'
import type { Log } from '../../log.js'
import { readFreezingRuns } from './freeze-lock.js'
import { isFreezing, readOnlySetting } from './freeze-mark.js'
import {
  changeStatements,
  readOnlyValues,
  takesWrites,
  withWriter,
  type Freeze,
  type FrozenDatabase,
} from './freeze.js'
import type { Server } from '../server.js'
import type { Session } from '../session/session.js'

/**
 * Sets everything that is frozen as it was before, and nothing else. Tries all of it, then fails with the first error,
 * if there was one. Says of each database whether it takes writes again. What another run has frozen since this one has lost its
 * lock, is that run's to release.
 */
export async function releaseSource(source: Server, freeze: Freeze, log: Log): Promise<void> {
  const others = new Set<string>()
  await doing('release the frozen source', async () => {
    const failures: Error[] = []
    await withWriter(source, async (session) => {
      const names = freeze.databases.map(({ name }) => name)
      for (const { database, who } of await readFreezingRuns(
        session,
        names,
        source.applicationName,
      )) {
        others.add(database)
        log.warning(
          `Database ${JSON.stringify(database)} stays frozen on the source: ${who} has frozen it as well, and releases it or leaves it so.`,
        )
      }
      for (const database of freeze.databases) {
        if (others.has(database.name)) continue
        await release(session, database).catch((error: unknown) => {
          failures.push(error as Error)
        })
      }
    })
    const [failure] = failures
    if (failure !== undefined) throw failure
  })
  for (const { name } of freeze.databases) {
    if (!others.has(name)) await tellReleased(source, name, log)
  }
}

/** It is released by now, whatever becomes of the question. */
async function tellReleased(source: Server, name: string, log: Log): Promise<void> {
  const database = `Database ${JSON.stringify(name)}`
  try {
    if (await takesWrites(source, name)) log.info(`${database} takes writes again on the source.`)
    else
      log.warning(
        `${database} was released on the source, and is read-only all the same: it was so before the run.`,
      )
  } catch (error) {
    log.warning(
      `${database} was released on the source. Whether it takes writes again is not known: ${messageOf(error)}`,
    )
  }
}

async function release(session: Session, database: FrozenDatabase): Promise<void> {
  const frozen = (await readOnlyValues(session, database.name)).filter(
    ({ here, value }) => here && isFreezing(value),
  )
  const isFrozen = (role: string | null) => frozen.some((row) => row.role === role)
  const statements = changeStatements(database, ({ before }) => before)
  for (const { role, sql } of statements) if (isFrozen(role)) await session.query(sql)
}

/** Whether a freeze has nothing to change, because all was read-only before. */
export function isFrozenAnyway(database: FrozenDatabase): boolean {
  return changeStatements(database, ({ before }) => before).length === 0
}

/** What releases databases by hand, as it can be pasted into psql, where a frozen database takes no ALTER either. */
export function releaseStatements(databases: readonly FrozenDatabase[]): string {
  const statements = databases.flatMap((database) =>
    changeStatements(database, ({ before }) => before),
  )
  return [`set ${readOnlySetting} = off;`, ...statements.map(({ sql }) => `${sql};`)].join('\n')
}
