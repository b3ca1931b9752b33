/** Decides whether a sequence of the target stands where the dump may have found the source's. */

/** Where a sequence stands, and how it moves. */
export interface SequenceState {
  readonly lastValue: bigint
  readonly isCalled: boolean
  readonly increment: bigint
  readonly cycles: boolean
  /**
   * A member of an extension that numbers rows of its configuration, and is not declared as configuration itself: the extension's
   * own script may have taken numbers of it on the target.
   */
  readonly isUndeclared: boolean
}

/**
 * True when the target's position is one that the source's sequence had between `captured` (just after the
 * snapshot) and `current`. Sequences do not obey snapshots: nextval() is visible to everybody at once, so a dump
 * that runs while the source is written to carries some value from that span. Without writes the span is one
 * point, and the state must be the same to the letter. One step behind `captured` would hand out a value twice.
 */
export function isWithinSpan(
  captured: SequenceState,
  current: SequenceState,
  target: SequenceState,
): boolean {
  if (isSamePosition(captured, target) || isSamePosition(current, target)) return true
  if (captured.isUndeclared && isPast(target, current)) return true
  if (isSamePosition(captured, current)) return false
  const direction = captured.increment < 0n ? -1n : 1n
  const from = nextValue(captured) * direction
  const to = nextValue(current) * direction
  const at = nextValue(target) * direction
  if (from <= to) return from <= at && at <= to
  // Gone past its end and begun again, or set back by hand.
  return captured.cycles || current.cycles ? at >= from || at <= to : to <= at && at <= from
}

/** The same state, so that the next value is the same as well. */
export function isSamePosition(one: SequenceState, other: SequenceState): boolean {
  return one.lastValue === other.lastValue && one.isCalled === other.isCalled
}

/** Whether the one gives no number that the other has given already. */
export function isPast(one: SequenceState, other: SequenceState): boolean {
  const direction = other.increment < 0n ? -1n : 1n
  return nextValue(one) * direction > nextValue(other) * direction
}

/** What nextval() would return, cycles left aside. */
function nextValue({ lastValue, isCalled, increment }: SequenceState): bigint {
  return isCalled ? lastValue + increment : lastValue
}

/** For reports: `42`, or `42, not called yet`. */
export function describePosition({ lastValue, isCalled }: SequenceState): string {
  return isCalled ? String(lastValue) : `${lastValue}, not called yet`
}
