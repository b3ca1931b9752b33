/** Keeps event triggers from seeing what is done in a database once they are there. */
import { repeatedWhenLost, type Server, type Session } from '../../server/index.js'
import type { Scheduler } from '../copy/scheduler.js'

export interface EventTriggersOptions {
  readonly target: Server
  readonly stagingDatabase: string
  readonly scheduler: Scheduler
}

/**
 * Only before 17, of a superuser: from then on, no session of one runs any, and nobody else has restored one. They are enabled as
 * they were once the work has succeeded: a staging database in which it has failed is
 * dropped.
 */
export async function withEventTriggersOff<T>(
  { target, stagingDatabase, scheduler }: EventTriggersOptions,
  work: () => Promise<T>,
): Promise<T> {
  if (!target.facts.isSuperuser || target.facts.major >= 17) return work()
  const inDatabase = <T>(ask: (session: Session) => Promise<T>) =>
    scheduler.lend(1, () => repeatedWhenLost(() => target.withSession(stagingDatabase, ask)))
  const run = (statements: readonly string[]) =>
    inDatabase(async (session) => {
      for (const statement of statements) await session.query(statement)
    })
  const triggers = await inDatabase((session) =>
    session.query<{ name: string; enable: string }>(
      `select pg_catalog.quote_ident(evtname) as name,
              case evtenabled when 'A' then 'enable always' when 'R' then 'enable replica' else 'enable' end as enable
         from pg_catalog.pg_event_trigger where evtenabled <> 'D' order by evtname`,
    ),
  )
  if (triggers.length === 0) return work()
  await run(triggers.map(({ name }) => `alter event trigger ${name} disable`))
  const result = await work()
  await run(triggers.map(({ name, enable }) => `alter event trigger ${name} ${enable}`))
  return result
}
