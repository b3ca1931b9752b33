import { describe, expect, it } from '@jest/globals'
import { isWithinSpan, type SequenceState } from '../../../src/validate/sequences/position.js'

const at = (lastValue: number, changes: Partial<SequenceState> = {}): SequenceState => ({
  lastValue: BigInt(lastValue),
  isCalled: true,
  increment: 1n,
  cycles: false,
  isUndeclared: false,
  ...changes,
})

describe('isWithinSpan', () => {
  it.each<[string, boolean, SequenceState, SequenceState, SequenceState]>([
    ['the same state', true, at(5), at(5), at(5)],
    ['one behind, without writes', false, at(5), at(5), at(4)],
    ['one ahead, without writes', false, at(5), at(5), at(6)],
    ['the same value, but not called', false, at(5), at(5), at(5, { isCalled: false })],
    ['what the dump may have read', true, at(5), at(9), at(7)],
    ['behind what was captured', false, at(5), at(9), at(4)],
    ['ahead of the source', false, at(5), at(9), at(10)],
    ['called for the first time since', true, at(1, { isCalled: false }), at(1), at(1)],
    [
      'not called, captured so',
      true,
      at(1, { isCalled: false }),
      at(3),
      at(1, { isCalled: false }),
    ],
    ['downwards, between', true, ...down(-5, -9, -7)],
    ['downwards, behind', false, ...down(-5, -9, -4)],
    ['begun again, near the end', true, ...cycle(90, 10, 95)],
    ['begun again, near the start', true, ...cycle(90, 10, 5)],
    ['begun again, outside', false, ...cycle(90, 10, 50)],
    ['an extension has taken numbers itself', true, ...undeclared(5, 5, 6)],
    ['fewer numbers than the source', false, ...undeclared(5, 5, 4)],
    ['set back by hand, between', true, at(9), at(2), at(4)],
    ['set back by hand, outside', false, at(9), at(2), at(1)],
  ])('%s: %s', (_title, expected, captured, current, target) => {
    expect(isWithinSpan(captured, current, target)).toBe(expected)
  })
})

function down(...values: [number, number, number]): [SequenceState, SequenceState, SequenceState] {
  const [a, b, c] = values
  const changes = { increment: -1n }
  return [at(a, changes), at(b, changes), at(c, changes)]
}

function cycle(...values: [number, number, number]): [SequenceState, SequenceState, SequenceState] {
  const [a, b, c] = values
  const changes = { cycles: true }
  return [at(a, changes), at(b, changes), at(c, changes)]
}

function undeclared(
  ...values: [number, number, number]
): [SequenceState, SequenceState, SequenceState] {
  const [a, b, c] = values
  const changes = { isUndeclared: true }
  return [at(a, changes), at(b, changes), at(c, changes)]
}
