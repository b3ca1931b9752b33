/** Keeps event triggers from seeing what is done in a staging database once they are there. */
import {
  readEventTriggersToDisable,
  repeatedWhenLost,
  type Server,
  type Session,
} from '../server/index.js'
import type { Scheduler } from './copy/scheduler.js'

export interface EventTriggersOptions {
  readonly target: Server
  readonly stagingDatabase: string
  readonly scheduler: Scheduler
}

/** They are enabled as they were once the work has succeeded: a staging database in which it has failed is dropped. */
export async function withEventTriggersOff<T>(
  { target, stagingDatabase, scheduler }: EventTriggersOptions,
  work: () => Promise<T>,
): Promise<T> {
  const inDatabase = <T>(ask: (session: Session) => Promise<T>) =>
    scheduler.lend(1, () => repeatedWhenLost(() => target.withSession(stagingDatabase, ask)))
  const run = (statements: readonly string[]) =>
    inDatabase(async (session) => {
      for (const statement of statements) await session.query(statement)
    })
  const triggers = await inDatabase((session) => readEventTriggersToDisable(session, target.facts))
  if (triggers.length === 0) return work()
  await run(triggers.map(({ disable }) => disable))
  const result = await work()
  await run(triggers.map(({ enable }) => enable))
  return result
}
