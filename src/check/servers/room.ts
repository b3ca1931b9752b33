/** Room and time: connections, and how long it may take. */
import type { MethodName } from '../../report/report.js'
import prettyBytes from 'pretty-bytes'
import { quoteIdentifier, type Server, type Session } from '../../server/index.js'
import type { Check, Found, ServerCheck, ServerContext } from '../check.js'
import { readSizes } from './disk.js'
import { locks } from './lock-table.js'
import { mostAtOnce } from '../databases/databases-at-once.js'

/** Sessions that a run needs beyond its jobs: on the source the snapshot's, on the target the one that wakes the WAL writer; the tool's own, one for checks, one in reserve, which on the source a freeze takes. */
export const extraSessions = 4
/** For every further database that is moved at the same time: its snapshot's, and one for short questions. */
const sessionsOfAnother = 2

/** How many sessions a run opens on either server at once. */
export function neededSessions(
  method: 'auto' | MethodName,
  jobs: number,
  databases: number,
): number {
  const atOnce = mostAtOnce(method, jobs, databases)
  return jobs + extraSessions + Math.max(0, atOnce - 1) * sessionsOfAnother
}

interface Connections {
  readonly free: number
  /** What the role itself may still open; null without a limit. */
  readonly freeOfRole: number | null
}

/**
 * What the limit of a role or a database counts; whose kind the role may not see, counts. Workers of parallel queries and of
 * autovacuum have places of their own. The session that asks is one of those that a run needs.
 */
const isClient = `a.pid <> pg_catalog.pg_backend_pid()
  and coalesce(a.backend_type in ('client backend', 'walsender'), a.datid is not null)`

/** A condition on a row `a` of pg_stat_activity. Since 12, replication has places of its own too. */
export function takesPlace(major: number): string {
  return major >= 12 ? `${isClient} and coalesce(a.backend_type <> 'walsender', true)` : isClient
}

/** Slots that are reserved: for superusers, and from 16 on for members of pg_use_reserved_connections. */
async function readConnections(session: Session, server: Server): Promise<Connections> {
  const reserved = server.facts.isSuperuser
    ? '0'
    : `pg_catalog.current_setting('superuser_reserved_connections')::int4
       + case when exists (select from pg_catalog.pg_roles u
                            where u.rolname = 'pg_use_reserved_connections'
                              and pg_catalog.pg_has_role(u.oid, 'usage')) then 0
              else coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::int4 end`
  const [row] = await session.query<Connections>(
    `select pg_catalog.current_setting('max_connections')::int4 - (${reserved})
              - (pg_catalog.count(*) filter (where ${takesPlace(server.facts.major)}))::int4 as free,
            (select case when r.rolconnlimit >= 0 and not r.rolsuper then r.rolconnlimit end
               from pg_catalog.pg_roles r where r.rolname = current_user)
              - (pg_catalog.count(*) filter (where a.usename = current_user and ${isClient}))::int4 as "freeOfRole"
       from pg_catalog.pg_stat_activity a`,
  )
  if (row === undefined) throw new Error('pg_stat_activity returned nothing.')
  return row
}

interface LimitedDatabase {
  readonly name: string
  readonly limit: number
  readonly used: number
}

/** Superusers are let in whatever the limit. */
function readLimits(session: Session, databases: readonly string[]): Promise<LimitedDatabase[]> {
  return session.query<LimitedDatabase>(
    `select d.datname::pg_catalog.text as name, d.datconnlimit as limit,
            (select pg_catalog.count(*)::pg_catalog.int4
               from pg_catalog.pg_stat_activity a where a.datid = d.oid and ${isClient}) as used
       from pg_catalog.pg_database d
       join pg_catalog.pg_roles r on r.rolname = current_user and not r.rolsuper
      where d.datname::pg_catalog.text = any($1::pg_catalog.text[]) and d.datconnlimit >= 0
      order by 1`,
    [databases],
  )
}

/** Only on the source: a staging database gets its limit with its name. */
async function limitedDatabases(context: ServerContext): Promise<Found[]> {
  const { sourceSession, databases, method, jobs } = context
  const needed = neededSessions(method, jobs, 1)
  return (await readLimits(sourceSession, databases))
    .filter(({ limit, used }) => limit - used < needed)
    .map(({ name, limit, used }) => ({
      severity: 'blocking',
      database: name,
      object: 'source',
      message: `The database ${quoteIdentifier(name)} on the source has a CONNECTION LIMIT of ${limit}, of which ${used} are in use; the run needs ${needed} with ${jobs} jobs.`,
      remedy: `-- on the source, or lower "jobs"; the target gets the same limit, so set it back on both after the upgrade\nalter database ${quoteIdentifier(name)} connection limit ${used + needed};`,
    }))
}

const connections: ServerCheck = {
  name: 'connections',
  scope: 'server',
  subject: 'the free connections',
  worst: 'blocking',
  async run(context) {
    const needed = neededSessions(context.method, context.jobs, context.databases.length)
    const found: Found[] = []
    for (const [session, server] of [
      [context.sourceSession, context.source],
      [context.targetSession, context.target],
    ] as const) {
      const { free, freeOfRole } = await readConnections(session, server)
      if (Math.min(free, freeOfRole ?? free) >= needed) continue
      const limit =
        freeOfRole !== null && freeOfRole < free ? "the role's limit" : 'max_connections'
      found.push({
        severity: 'blocking',
        object: server.side,
        message: `The ${server.side} has ${Math.min(free, freeOfRole ?? free)} free connections (${limit}); the run needs ${needed} with ${context.jobs} jobs.`,
        remedy: `Lower "jobs", close other connections, or raise ${limit} on the ${server.side}.`,
      })
    }
    return [...found, ...(await limitedDatabases(context))]
  },
}

/** Bytes per second between which dump, restore and index builds ran where it was measured. */
const slowest = 15e6
const fastest = 60e6
/** Below this, how long it takes needs no planning. */
const worthForecast = 10e9

/** From and to, in whole minutes. */
export function forecastMinutes(bytes: number): [number, number] {
  return [
    Math.max(1, Math.round(bytes / fastest / 60)),
    Math.max(2, Math.ceil(bytes / slowest / 60)),
  ]
}

const forecast: ServerCheck = {
  name: 'forecast',
  scope: 'server',
  subject: 'the sizes of the databases',
  worst: 'note',
  async run(context) {
    const bytes = (await readSizes(context)).reduce((sum, size) => sum + size, 0)
    const [from, to] = forecastMinutes(bytes)
    const message = `The databases hold ${prettyBytes(bytes)}, indexes included: expect roughly ${from} to ${to} minutes, depending on both servers, the network between them and the number of indexes.`
    context.log.info(message)
    if (bytes < worthForecast) return []
    return [
      {
        severity: 'note',
        message: `${message} The target needs about as much disk, and some more while it restores.`,
        remedy: 'Run once with "mode: rehearse" to measure it.',
      },
    ]
  },
}

export const roomChecks: readonly Check[] = [connections, locks, forecast]
