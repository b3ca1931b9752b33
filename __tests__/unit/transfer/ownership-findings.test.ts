import { describe, expect, it } from '@jest/globals'
import type { OwnedObject } from '../../../src/server/index.js'
import {
  ownerFindings,
  roleFindings,
  refusalFindings,
} from '../../../src/transfer/administrator/ownership-findings.js'

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

  it('says that everybody has what could not be revoked from PUBLIC', () => {
    const [fromPublic] = refusals(1, nothingDone)
    const all = refusals(1, nothingDone).map((each) => ({
      ...each,
      sql: 'revoke execute on routine f0() from "of app"',
    }))
    const open = 'Everybody has there what the source has revoked from PUBLIC.'
    expect(refusalFindings(fromPublic === undefined ? [] : [fromPublic])[0]?.message).toContain(
      open,
    )
    expect(refusalFindings(all)[0]?.message).not.toContain(open)
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

describe('ownerFindings', () => {
  const owned = (type: string, oid: string): OwnedObject => ({
    catalog: '1255',
    oid,
    type,
    identity: `s.${type}${oid}`,
    schema: 's',
    owner: 'app',
    followsTable: false,
    privileges: null,
    defaults: null,
  })
  const roles = { ownerFor: () => 'admin', exists: () => true, isUsable: () => false }

  it('names the functions that others may call and that act as the administrator', () => {
    const objects = [owned('function', '1'), owned('procedure', '2'), owned('table', '3')]
    const [found] = ownerFindings(objects, roles, 'admin', new Set(['2', '3']))
    expect(found?.message).toMatch(
      / Whoever calls these acts as "admin" \(SECURITY DEFINER\): procedure s\.procedure2\.$/,
    )
    const [harmless] = ownerFindings(objects, roles, 'admin', new Set(['3']))
    expect(harmless?.message).not.toContain('DEFINER')
  })
})

describe('roleFindings', () => {
  it('asks for no role in the place of one that was dropped on the source', () => {
    const granted = (grantee: string) => ({
      privileges: [{ grantor: 'app', grantee, privilege: 'SELECT', isGrantable: false }],
    })
    const roles = { ownerFor: () => 'admin', exists: () => false, isUsable: () => false }
    const [missing, dropped] = roleFindings([granted('reader'), granted('unknown (OID=7)')], roles)
    expect(missing?.object).toBe('role "reader"')
    expect(missing?.remedy).toContain('create role "reader"')
    expect(dropped).toEqual({
      check: 'grantee-missing',
      severity: 'warning',
      object: 'OID 7',
      message:
        '1 privilege of the role with the OID 7 could not be granted: it was dropped on the source (role-vanished).',
    })
  })
})
