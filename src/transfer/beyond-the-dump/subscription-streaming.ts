/** Subscriptions that do not stream: pg_dump before 18 does not write that, because it was the default, which is "parallel" since 18. */
import { quoteIdentifier, type Session } from '../../server/index.js'
import type { Statement } from '../administrator/privileges.js'

interface Side {
  readonly session: Session
  readonly major: number
}

/** Subscriptions may stream since this major. */
const streams = 14

/** In the session's database. They stream `in parallel` since 16. */
async function readSubscriptions(session: Session, condition: string): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `select s.subname::pg_catalog.text as name
       from pg_catalog.pg_subscription s
       join pg_catalog.pg_database d on d.oid = s.subdbid
      where d.datname = pg_catalog.current_database() and ${condition}
      order by 1`,
  )
  return rows.map(({ name }) => name)
}

const starting = (letter: string) =>
  `pg_catalog.left(s.substream::pg_catalog.text, 1) = '${letter}'`

/** Turns off what a target of 18 or later has turned on. */
export async function streamingStatements(source: Side, target: Side): Promise<Statement[]> {
  if (target.major < 18) return []
  const parallel = await readSubscriptions(target.session, starting('p'))
  if (parallel.length === 0) return []
  const off = await readSubscriptions(
    source.session,
    source.major >= streams ? starting('f') : 'true',
  )
  return parallel
    .filter((name) => off.includes(name))
    .map((name) => ({
      sql: `alter subscription ${quoteIdentifier(name)} set (streaming = off)`,
      what: `that the subscription ${quoteIdentifier(name)} does not stream`,
      object: `subscription ${quoteIdentifier(name)}`,
    }))
}
