/** Lists in the inventory are in an order that does not depend on the collation of a database: two servers rarely have the same rules. */
import { expect, it } from '@jest/globals'
import { calls } from '../../../src/validate/inventory/calls.js'

it('orders what an object calls by bytes, on any major', () => {
  const sql = calls('pg_proc', 'p.oid')
  expect(sql).not.toMatch(/agg\(distinct/)
  expect(sql).toMatch(/ order by \S.* collate "C", called\.name collate "C"\)/)
})
