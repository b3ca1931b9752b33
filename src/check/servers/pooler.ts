/** Recognises a connection pooler that hands one server session to several clients, and refuses it. */
import { randomUUID } from 'node:crypto'
import { UpgradeError } from '../../errors.js'
import { describeHost, type Server, type Session } from '../../server/index.js'

/** What one of our sessions saw at one moment. */
export interface SessionSighting {
  /** pg_backend_pid() */
  readonly processId: number
  /** The marker that this session was started with, or whatever stands in its place. */
  readonly marker: string | null
}

/**
 * Says how two sessions that were open at once betray a pooler, or undefined when each kept a server process
 * and start-up settings of its own. The sightings are in the order in which they were made.
 */
export function poolerEvidence(
  first: readonly SessionSighting[],
  second: readonly SessionSighting[],
  markers: readonly [string, string],
): string | undefined {
  const processes = [first, second].map((seen) => new Set(seen.map(({ processId }) => processId)))
  const shared = first.some(({ processId }) => processes[1]?.has(processId))
  if (shared) return 'two sessions were served by one server process'
  if (processes.some((ids) => ids.size > 1)) {
    return 'one session was served by several server processes'
  }
  const isMarked = [first, second].every((seen, index) =>
    seen.every(({ marker }) => marker === markers[index]),
  )
  return isMarked ? undefined : 'the settings that a session starts with did not reach the server'
}

/**
 * Throws when the server is reached through a pooler in transaction mode, or one that drops start-up settings:
 * snapshots, locks and our time-outs belong to a session, and must not be shared or lost.
 */
export async function refusePooler(server: Server): Promise<void> {
  const markers = [randomUUID(), randomUUID()] as const
  const evidence = await withMarkedSession(server, markers[0], (first) =>
    withMarkedSession(server, markers[1], async (second) => {
      const sightings: SessionSighting[] = []
      for (const session of [first, second, first, second]) sightings.push(await look(session))
      const [a, b] = [0, 1].map((start) => sightings.filter((_, index) => index % 2 === start))
      return poolerEvidence(a ?? [], b ?? [], markers)
    }),
  )
  if (evidence === undefined) return
  throw new UpgradeError(
    `The ${server.side} ${describeHost(server.parameters)} is reached through a connection pooler: ${evidence}.`,
    {
      code: 'pooler',
      side: server.side,
      hint: `Name the PostgreSQL server itself in "${server.side}-url", not the pooler: another port (PgBouncer and Supabase: 5432 rather than 6432 or 6543) or another host name (Neon: without "-pooler").`,
    },
  )
}

function withMarkedSession<T>(
  server: Server,
  marker: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return server.withSession(undefined, work, {
    settings: { default_transaction_read_only: 'on', 'upgrade_postgres.marker': marker },
  })
}

async function look(session: Session): Promise<SessionSighting> {
  const [row] = await session.query<SessionSighting>(
    `select pg_catalog.pg_backend_pid() as "processId",
            pg_catalog.current_setting('upgrade_postgres.marker', true) as marker`,
  )
  if (row === undefined) throw new Error('pg_backend_pid() returned nothing.')
  return row
}
