/** The event triggers in a database of the target that would see what a run does there. */
import type { ServerFacts } from '../facts.js'
import type { Session } from '../session/session.js'

/** One that is enabled in any way. */
export interface EventTrigger {
  /** Quoted where it has to be. */
  readonly name: string
  /** True for `enable always` and `enable replica`: it fires also where `session_replication_role` is `replica`. */
  readonly firesInReplica: boolean
  /** Keeps it from firing. */
  readonly disable: string
  /** Enables it as it is now. */
  readonly enable: string
}

/** Those that a superuser has to disable, before 17: from then on, none fire in its sessions (`event_triggers`). */
export async function readEventTriggersToDisable(
  session: Session,
  { isSuperuser, major }: Pick<ServerFacts, 'isSuperuser' | 'major'>,
): Promise<EventTrigger[]> {
  if (!isSuperuser || major >= 17) return []
  const found = await session.query<{ name: string; enabled: string }>(
    `select pg_catalog.quote_ident(evtname) as name, evtenabled as enabled
       from pg_catalog.pg_event_trigger where evtenabled <> 'D' order by evtname`,
  )
  return found.map(({ name, enabled }) => ({
    name,
    firesInReplica: enabled !== 'O',
    disable: `alter event trigger ${name} disable`,
    enable: `alter event trigger ${name} ${words[enabled] ?? 'enable'}`,
  }))
}

const words: Readonly<Record<string, string>> = { A: 'enable always', R: 'enable replica' }
