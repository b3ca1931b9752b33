/** How often, and after which pauses, a server is asked again that does not let us in. */

/** Network errors that a second attempt may not meet again; 57P03 is a server that is starting up or shutting down. */
const passing = new Set(['ECONNRESET', 'ETIMEDOUT', 'EAI_AGAIN', 'EPIPE', '57P03'])
const attempts = 3

/**
 * What a server that has let this run in before says, or nobody in its place, and how often it is asked then: where it is
 * full, somebody leaves sooner or later; where it is not there, it may restart, and be back within a minute.
 */
const patient = new Map([
  ['53300', 8],
  ['57P03', 15],
  ['ECONNREFUSED', 15],
  ['EHOSTUNREACH', 15],
  // The socket of a server on the same machine.
  ['ENOENT', 15],
])
const longestPauseMs = 5000

/** In milliseconds; undefined where it is not worth while to ask again. The first attempt is 1. */
export function pauseAfter(
  error: unknown,
  attempt: number,
  isWaitedFor: boolean,
): number | undefined {
  const { code } = error as { readonly code?: unknown }
  const most =
    (isWaitedFor && typeof code === 'string' ? patient.get(code) : undefined) ??
    (isPassing(error) ? attempts : 1)
  return attempt < most ? Math.min(1000 * attempt, longestPauseMs) : undefined
}

/** A database that is missing with a detail has been renamed while we came in: another has its name in a moment. */
function isPassing(error: unknown): boolean {
  const { code, detail } = error as { readonly code?: unknown; readonly detail?: unknown }
  return (
    typeof code === 'string' && (passing.has(code) || (code === '3D000' && detail !== undefined))
  )
}
