/** Subscriptions that receive: dropped without word to their publisher, they leave slots there, which keep its log until its disk is full. */
import { UpgradeError } from '../errors.js'
import { quoteIdentifier, type Session } from '../server/index.js'

export interface LiveSubscription {
  readonly database: string
  readonly name: string
  /** On the publisher. */
  readonly slot: string
}

/** Those of the named databases. What a dump has brought is disabled, and the slot that it names is still the other server's. */
export function readLiveSubscriptions(
  session: Session,
  databases: readonly string[],
): Promise<LiveSubscription[]> {
  return session.query<LiveSubscription>(
    `select d.datname::pg_catalog.text as database, s.subname::pg_catalog.text as name,
            s.subslotname::pg_catalog.text as slot
       from pg_catalog.pg_subscription s join pg_catalog.pg_database d on d.oid = s.subdbid
      where d.datname::pg_catalog.text = any($1::pg_catalog.text[])
        and s.subenabled and s.subslotname is not null
      order by 1, 2`,
    [databases],
  )
}

/** Why a database that has them is not dropped. */
export function liveSubscriptionsError(live: readonly LiveSubscription[]): UpgradeError {
  const names = live.map(
    ({ name, slot }) => `${quoteIdentifier(name)} (slot ${JSON.stringify(slot)} on its publisher)`,
  )
  return new UpgradeError(
    `it has enabled subscriptions, and without them their slots would keep the publisher's log until its disk is full: ${names.join(', ')}.`,
    {
      code: 'replaced-database-left',
      side: 'target',
      hint: 'Drop the subscriptions in it by hand, which drops their slots on the publisher as well; then drop the database.',
    },
  )
}

/** For a remedy: lines for psql in front of DROP DATABASE, none without such subscriptions. */
export function dropLiveSubscriptions(live: readonly LiveSubscription[]): string {
  const [first] = live
  if (first === undefined) return ''
  const drops = live.map(({ name }) => `drop subscription ${quoteIdentifier(name)};\n`).join('')
  return `-- drops the slots on the publisher as well\n\\connect ${quoteIdentifier(first.database)}\n${drops}\\connect postgres\n`
}
