import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { packDatabases } from '../../../src/matrix/index.js'

const database = (name: string, bytes: number | null) => ({
  name,
  bytes,
  isTemplate: false,
  allowsConnections: true,
  connectionLimit: -1,
})

describe('packDatabases', () => {
  it('puts the biggest first and balances by size', () => {
    const sizes = { small: 1e9, big: 9e9, middle: 5e9, other: 4e9 }
    const databases = Object.entries(sizes).map(([name, bytes]) => database(name, bytes))
    expect(packDatabases(databases, 2)).toEqual([
      { job: 1, databases: ['big', 'small'], bytes: 10e9 },
      { job: 2, databases: ['middle', 'other'], bytes: 9e9 },
    ])
  })

  it('spreads databases of which nothing is known', () => {
    const databases = ['a', 'b', 'c', 'd'].map((name) => database(name, null))
    expect(packDatabases(databases, 2).map(({ databases: names }) => names.length)).toEqual([2, 2])
  })

  it('makes no job without a database, and no job at all without any', () => {
    expect(packDatabases([database('a', 1)], 5)).toHaveLength(1)
    expect(packDatabases([], 5)).toEqual([])
  })

  it('gives every database to one job, whatever there is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { maxLength: 40 }),
        fc.integer({ min: 1, max: 10 }),
        (sizes, jobs) => {
          const databases = sizes.map((bytes, index) => database(`d${index}`, bytes))
          const planned = packDatabases(databases, jobs).flatMap(({ databases: names }) => names)
          expect(planned.toSorted()).toEqual(databases.map(({ name }) => name).toSorted())
        },
      ),
    )
  })
})
