import { describe, expect, it } from '@jest/globals'
import { refusalFindings } from '../../../src/transfer/administrator/ownership-findings.js'

function refusals(count: number, reason: (name: string) => string) {
  return Array.from({ length: count }, (_, index) => {
    const name = `f${index}`
    return {
      sql: `revoke execute on routine ${name}() from public`,
      what: `the privileges on routine ${name}()`,
      object: `function ${name}()`,
      reason: reason(name),
    }
  })
}

const nothingDone = (name: string) => `no privileges could be revoked for "${name}"`

describe('refusalFindings', () => {
  it('tells a few refusals one by one', () => {
    const found = refusalFindings(refusals(5, nothingDone))
    expect(found.map(({ object }) => object)).toEqual(
      [0, 1, 2, 3, 4].map((index) => `the privileges on routine f${index}()`),
    )
  })

  it('tells many that have one reason together, and others apart', () => {
    const others = refusals(1, () => 'permission denied')
    const found = refusalFindings([...refusals(60, nothingDone), ...others])
    expect(found).toHaveLength(2)
    expect(found[0]?.message).toContain('refused 60 statements')
    expect(found[0]?.message).toContain('routine f4() and 55 more')
    expect(found[0]?.message).toContain('no privileges could be revoked for "f0"')
    expect(found[0]?.remedy?.split('\n')).toHaveLength(1 + 50 + 1)
    expect(found[0]?.remedy).toContain('-- and 10 more in the same way')
    expect(found[1]?.message).toContain('permission denied')
  })
})
