import { describe, expect, it } from '@jest/globals'
import { matrixOf } from '../../../src/report/index.js'

describe('matrixOf', () => {
  it('is empty when there is nothing to move, because GitHub refuses an empty matrix', () => {
    expect(matrixOf({ id: '00000000', mode: 'upgrade', roles: 'skip', jobs: [] })).toBe('')
  })

  it('carries names of any kind', () => {
    const databases = ['a,b', 'line\nbreak', '"', '*']
    const matrix = matrixOf({
      id: '0a1b2c3d',
      mode: 'upgrade',
      roles: 'skip',
      jobs: [{ job: 1, databases, bytes: 0 }],
    })
    const { include } = JSON.parse(matrix) as { include: { databases: string }[] }
    expect(include).toEqual([
      {
        job: 1,
        mode: 'upgrade',
        databases: JSON.stringify(databases),
        roles: 'skip',
        plan: '0a1b2c3d/1',
      },
    ])
  })
})
