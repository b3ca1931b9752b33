/** How often, for how long, and after which pauses a server is asked again that does not let us in. */
import { attemptCode, closed, noAnswer } from './attempt-code.js'

/** Network errors that a second attempt may not meet again; 57P03 is a server that is starting up or shutting down. */
const passing = new Set<string>([...closed, 'ETIMEDOUT', 'EAI_AGAIN', '57P03'])
const attempts = 3

/**
 * What a server that has let this run in before says, or nobody in its place, and how often it is asked then: where it is
 * full, somebody leaves sooner or later; where it is not there, it may restart, and be back within a minute.
 */
const patient = new Map<string, number>([
  ['53300', 8],
  ['57P03', 15],
  ['ECONNREFUSED', 15],
  ['EHOSTUNREACH', 15],
  // The socket of a server on the same machine.
  ['ENOENT', 15],
  // A server that is being stopped, or a load balancer that has none behind it.
  ...closed.map((code) => [code, 15] as const),
])
const longestPauseMs = 5000

/** A server that has let this run in before, and says nothing. */
const silent = new Set<string>([noAnswer, 'ETIMEDOUT'])

/**
 * How long a silence may last, that of a failover as well, to a session that is being opened as to one that is open: that is
 * when Node sends its first probe, and it gives up ten seconds later. Until then the server's own keepalives, every ten
 * seconds, keep firewalls awake; and where a load balancer answers them in our place, none forgets a connection before four
 * minutes.
 */
export const silenceMs = 200_000

export interface Attempt {
  /** The first is 1. */
  readonly number: number
  /** Since the first began. */
  readonly elapsedMs: number
  /** The server has let this run in before, and was not waited for in vain since. */
  readonly isWaitedFor: boolean
}

/** In milliseconds; undefined where it is not worth while to ask again. */
export function pauseAfter(error: unknown, attempt: Attempt): number | undefined {
  return isWorthwhile(error, attempt) ? Math.min(1000 * attempt.number, longestPauseMs) : undefined
}

function isWorthwhile(error: unknown, { number, elapsedMs, isWaitedFor }: Attempt): boolean {
  const code = attemptCode(error) ?? ''
  // Each of these attempts may take as long as connect_timeout says.
  if (isWaitedFor && silent.has(code)) return elapsedMs < silenceMs
  const most = isWaitedFor ? patient.get(code) : undefined
  return number < (most ?? (isPassing(code, error) ? attempts : 1))
}

/** A database that is missing with a detail has been renamed while we came in: another has its name in a moment. */
function isPassing(code: string, error: unknown): boolean {
  const { detail } = error as { readonly detail?: unknown }
  return passing.has(code) || (code === '3D000' && detail !== undefined)
}
