/** Every edge case of the fixtures, moved by the bundle, compared by an independent check. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { serverInputs } from '../support/action-inputs.js'
import { loadFixtureRoles, loadFixtures } from '../support/fixtures.js'
import { schemaDump, tableHashes } from '../support/independent-check.js'
import { runAction } from '../support/runner.js'
import { createDatabase, runSql, sharedServer, type TestServer } from '../support/servers.js'

const to = 18
/** Older servers print views, procedures and triggers in other words; there the product's own inventory has to do. */
const sameWording = 17

/** What the nasty sources, which hold the same edge cases, do not take from those majors. */
const methods = {
  10: ['copy'],
  11: ['custom'],
  17: ['parallel'],
}

describe.each([10, 11, 17] as const)('the edge cases of a %i', (from) => {
  let source: TestServer
  let target: TestServer
  let database: string

  const dropFromTarget = () => runSql(target, 'postgres', `drop database if exists "${database}"`)

  beforeAll(async () => {
    source = await sharedServer(from)
    target = await sharedServer(to)
    database = await createDatabase(source, 'edge_cases')
    const prefix = await loadFixtures(source, database)
    await loadFixtureRoles(target, prefix, from)
  })

  afterAll(async () => {
    await runSql(source, 'postgres', `drop database "${database}"`)
    await dropFromTarget()
  })

  it.each(methods[from])('arrive unchanged by %s', async (method) => {
    await dropFromTarget()
    const run = await runAction({
      ...serverInputs(source, target),
      databases: database,
      method,
      // More sessions than two cores can use, and each listens for the end of the run.
      jobs: method === 'copy' ? '8' : '2',
      roles: 'skip',
    })
    const errors = run.commands.filter(({ name }) => name === 'error')
    expect(errors.map(({ message }) => message)).toEqual([])
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(run.report?.databases).toMatchObject([{ result: 'passed', differences: [] }])
    const before = { server: source, database }
    const after = { server: target, database }
    expect(await tableHashes(after)).toEqual(await tableHashes(before))
    if (from < sameWording) return
    expect(await schemaDump(after, to)).toBe(await schemaDump(before, to))
  })
})
