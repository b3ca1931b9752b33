import { describe, expect, it } from '@jest/globals'
import { mergeMemberships, orderMemberships } from '../../../src/roles/membership-order.js'
import type { Membership } from '../../../src/roles/role.js'

function membership(changes: Partial<Membership>): Membership {
  return {
    role: 'group',
    member: 'member',
    grantor: 'postgres',
    admin: false,
    inherit: true,
    set: true,
    ...changes,
  }
}

const isPostgres = (grantor: string) => grantor === 'postgres'

describe('orderMemberships', () => {
  it('puts a grantor before what it grants, however long the chain', () => {
    const third = membership({ member: 'c', grantor: 'b' })
    const second = membership({ member: 'b', grantor: 'a', admin: true })
    const first = membership({ member: 'a', admin: true })
    expect(orderMemberships([third, second, first], isPostgres)).toEqual([
      { ...first, grantor: null },
      second,
      third,
    ])
  })

  it('drops the grantor where nobody ever gives it the ADMIN option', () => {
    const orphan = membership({ member: 'b', grantor: 'gone' })
    expect(orderMemberships([orphan], isPostgres)).toEqual([{ ...orphan, grantor: null }])
  })

  it('asks for the ADMIN option on the very role', () => {
    const other = membership({ role: 'other', member: 'a', admin: true })
    const granted = membership({ member: 'b', grantor: 'a' })
    expect(orderMemberships([granted, other], isPostgres)).toEqual([
      { ...other, grantor: null },
      { ...granted, grantor: null },
    ])
  })
})

describe('mergeMemberships', () => {
  it('keeps every option that any grantor gave', () => {
    const one = membership({ admin: true, inherit: false, set: false })
    const other = membership({ grantor: 'a', inherit: false, set: true })
    expect(mergeMemberships([one, other])).toEqual([
      membership({ grantor: null, admin: true, inherit: false, set: true }),
    ])
  })
})
