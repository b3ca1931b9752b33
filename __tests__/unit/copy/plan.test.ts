import { describe, expect, test } from '@jest/globals'
import type { ArchiveEntry } from '../../../src/transfer/copy/definitions/archive.js'
import { planRestore } from '../../../src/transfer/copy/plan.js'

function entry(dumpId: number, kind: string, changes: Partial<ArchiveEntry> = {}): ArchiveEntry {
  return {
    dumpId,
    oid: dumpId + 1000,
    tag: `${kind} ${dumpId}`,
    kind,
    section: 'post-data',
    statements: `${kind} ${dumpId};\n`,
    isText: true,
    schema: 'public',
    tablespace: '',
    dependencies: [],
    ...changes,
  }
}

const entries = [
  entry(1, 'TABLE', { section: 'pre-data' }),
  entry(2, 'TABLE', { section: 'pre-data' }),
  entry(3, 'MATERIALIZED VIEW', { section: 'pre-data' }),
  entry(4, 'SEQUENCE', { section: 'pre-data' }),
  entry(10, 'INDEX', { dependencies: [1] }),
  entry(11, 'INDEX', { dependencies: [1, 50, 1] }),
  entry(12, 'CONSTRAINT', { dependencies: [1] }),
  entry(20, 'INDEX', { dependencies: [2] }),
  entry(21, 'INDEX ATTACH', { dependencies: [20, 10] }),
  entry(30, 'INDEX', { dependencies: [3] }),
  entry(31, 'MATERIALIZED VIEW DATA', { dependencies: [3] }),
  entry(40, 'FK CONSTRAINT', { dependencies: [1, 2] }),
  entry(41, 'TRIGGER', { dependencies: [1] }),
]

describe('planning a restore', () => {
  const plan = planRestore(entries, (oid) => oid === 1001)

  test('indexes and constraints of a table with rows are built by the engine', () => {
    const builds = plan.builds.get(1001) ?? []
    expect(builds.map((build) => build.oid - 1000)).toEqual([10, 11, 12])
  })

  test('indexes of partitioned tables, and what attaches to them, are left to pg_restore', () => {
    expect(plan.partitioned).toEqual([20, 21])
  })

  test('an index of a materialized view waits for the end, with everything else', () => {
    expect(plan.rest).toEqual([30, 31, 41])
  })

  test('a comment belongs to the object that it follows', () => {
    const comment = (dumpId: number) => entry(dumpId, 'COMMENT', { section: 'none' })
    const commented = [comment(5), ...entries.slice(0, 5), comment(60), ...entries.slice(5)]
    expect(planRestore(commented, (oid) => oid === 1001).rest).toEqual([60, 30, 31, 41])
  })

  test('every entry after the data is planned exactly once', () => {
    const planned = [
      ...[...plan.builds.values()].flat().map((build) => build.oid - 1000),
      ...plan.foreignKeys.map(({ tag }) => Number(tag.replace('FK CONSTRAINT ', ''))),
      ...plan.partitioned,
      ...plan.rest,
    ]
    const wanted = entries.filter(({ section }) => section === 'post-data')
    expect(planned.toSorted((a, b) => a - b)).toEqual(wanted.map(({ dumpId }) => dumpId))
  })

  test('sequences are known by their OIDs on the source', () => {
    expect(plan.sequences).toEqual([1004])
  })
})
