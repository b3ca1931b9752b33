/** How long the inventory holds what it has read. */
import { expect, test } from '@jest/globals'
import { compareInventory } from '../../../src/validate/inventory/compare.js'
import type { Kind } from '../../../src/validate/inventory/kind.js'
import { createDatabase, openTestServer, sharedServer } from '../../support/servers.js'

test('a kind is compared once both sides have read it, before they both read the next', async () => {
  const testServer = await sharedServer(18)
  const [before, after] = [await createDatabase(testServer), await createDatabase(testServer)]
  const sides = {
    source: { server: await openTestServer(testServer, 'source'), database: before },
    target: { server: await openTestServer(testServer, 'target'), database: after },
  }
  const events: string[] = []
  const kind = (name: string): Kind => ({
    kind: name,
    sql() {
      events.push(`read ${name}`)
      return `select 'one' as object, pg_catalog.jsonb_build_object('database', pg_catalog.current_database()) as facts`
    },
    agree() {
      events.push(`compare ${name}`)
      return true
    },
  })
  expect(await compareInventory(sides, 1, [kind('first'), kind('second')])).toEqual([])
  const compared = events.indexOf('compare first')
  expect(compared).toBeGreaterThan(0)
  expect(compared).toBeLessThan(events.lastIndexOf('read second'))
  expect(events.at(-1)).toBe('compare second')
})
