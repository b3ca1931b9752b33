/** The sessions that checks read with. */
import type { CheckOptions, ServerContext } from './check.js'
import { passBytesThrough, type Server, type Session } from '../server/index.js'

/**
 * For one statement of a check. With 60,000 tables the slowest takes 3 s on two cores; a server that is busy, or whose
 * catalogs nobody has vacuumed, takes many times as long, and must not be kept from its upgrade by that.
 */
export const mostSeconds = 120

/** No check may wait for a lock or read for long: what cannot be known in this time is reported as not checked. */
const sessionSettings = {
  default_transaction_read_only: 'on',
  statement_timeout: `${mostSeconds}s`,
  lock_timeout: '2s',
}

/** A read-only session for checks on either server; the caller closes it. */
export async function connectForChecks(server: Server, database?: string): Promise<Session> {
  const session = await server.connect(database, { settings: sessionSettings })
  try {
    await session.query(passBytesThrough)
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}

/** Lends `work` the two sessions on the maintenance databases. A check may open a transaction on either: whoever runs at the same time needs its own. */
export async function withCheckSessions<T>(
  options: CheckOptions,
  work: (context: ServerContext) => Promise<T>,
): Promise<T> {
  const sourceSession = await connectForChecks(options.source)
  try {
    const targetSession = await connectForChecks(options.target)
    try {
      return await work({ ...options, sourceSession, targetSession })
    } finally {
      await targetSession.close()
    }
  } finally {
    await sourceSession.close()
  }
}
