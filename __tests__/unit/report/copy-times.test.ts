import { expect, test } from '@jest/globals'
import { withCopyTimes } from '../../../src/report/copy-times.js'
import type { Span } from '../../../src/report/report.js'
import { at, equalTable } from '../../support/reports.js'

const copy = (object: string, from: number, seconds: number): Span => {
  return { worker: 0, kind: 'copy', object, startedAt: at(from), durationSeconds: seconds }
}

const bare = (name: string) => {
  const { schema, sourceRows, targetRows, equal, checksum, bytes = 0 } = equalTable(name, 10)
  return { schema, name, sourceRows, targetRows, equal, checksum, bytes }
}

test('a table took from the start of its first part to the end of its last', () => {
  const spans = [copy('"app"."t"', 5, 3), copy('"app"."t"', 4, 2), copy('"app"."other"', 0, 60)]
  expect(withCopyTimes([bare('t')], spans)).toEqual([{ ...bare('t'), seconds: 4 }])
})

test('a table whose name holds quotes is found', () => {
  expect(withCopyTimes([bare('a"b')], [copy('"app"."a""b"', 0, 2)])).toEqual([
    { ...bare('a"b'), seconds: 2 },
  ])
})

test('of a table that no step has timed, or only its index, nothing is said', () => {
  const index: Span = { ...copy('"app"."t"', 0, 9), kind: 'index' }
  expect(withCopyTimes([bare('t')], [index])).toEqual([bare('t')])
})
