/** Privileges on the system's own objects that a provider has given to its roles. */
import { expect, test } from '@jest/globals'
import { providerRoles } from '../../../src/roles/index.js'
import type { ServerFacts } from '../../../src/server/facts.js'
import type { Server } from '../../../src/server/index.js'
import { compareInventory } from '../../../src/validate/inventory/compare.js'
import { createDatabase, openTestServer, runSql, startServer } from '../../support/servers.js'

test('what was granted to the roles of a provider is left out, and what was granted to others is not', async () => {
  const testServer = await startServer(17)
  const [before, after] = [await createDatabase(testServer), await createDatabase(testServer)]
  const [role] = providerRoles('rds')
  for (const name of [role, 'auditor']) {
    await runSql(testServer, 'postgres', `create role ${name}`)
    await runSql(testServer, after, `grant select (rolpassword) on pg_authid to ${name}`)
    await runSql(testServer, after, `grant execute on function pg_ls_dir(text) to ${name}`)
  }
  const compareAs = async (provider: ServerFacts['provider']) => {
    const server = await openTestServer(testServer, 'source')
    const target: Server = { ...server, side: 'target', facts: { ...server.facts, provider } }
    const sides = {
      source: { server, database: before },
      target: { server: target, database: after },
    }
    const differences = await compareInventory(sides, 1)
    return differences.map(({ target: told }) => told).toSorted()
  }
  expect(await compareAs('rds')).toEqual([
    expect.not.stringContaining(`${role}`),
    expect.not.stringContaining(`${role}`),
  ])
  expect((await compareAs('self-managed')).join()).toContain(role)
  await testServer.stop()
})
