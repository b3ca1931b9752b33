/** What is revoked from PUBLIC on objects that will not be the administrator's, so that everybody has it on the target. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { offerExtension } from '../../support/offered-extension.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { findingsAfter, findingsOfCheck, openPair, type Pair } from './pair.js'

const check = 'ownership-refused'
const revokes = `
  create extension hstore;
  revoke execute on function akeys(hstore) from public;
  revoke execute on function pg_catalog.pg_sleep(double precision) from public;
  revoke usage on language plpgsql from public;
  revoke select on pg_catalog.pg_roles from public`

let pair: Pair
let asAdministrator: Pair
const user = uniqueName('admin')
const create = `create role ${user} login createdb createrole password 'secret'`
const asUser = (server: TestServer) =>
  openTestServer(server, 'target', { user, password: 'secret' })

beforeAll(async () => {
  pair = await openPair(14, 17)
  await runSql(pair.targetServer, 'postgres', create)
  asAdministrator = { ...pair, target: await asUser(pair.targetServer) }
})
afterAll(() => runSql(pair.targetServer, 'postgres', `drop role ${user}`))

describe('ownership-refused', () => {
  it('warns of what everybody will have again on the target', async () => {
    const found = await findingsAfter(asAdministrator, check, revokes)
    const places = [
      ['SELECT', 'table pg_catalog.pg_roles'],
      ['EXECUTE', 'routine pg_catalog.pg_sleep(double precision)'],
      ['EXECUTE', 'routine public.akeys(public.hstore)'],
      ['USAGE', 'language plpgsql'],
    ] as const
    expect(found).toHaveLength(places.length)
    for (const [privilege, place] of places) {
      expect(found).toContainEqual(
        expect.objectContaining({
          severity: 'warning',
          object: `the privileges on ${place}`,
          message: `Everybody will have ${privilege} on ${place} on the target, which the source has revoked from PUBLIC: there it belongs to a superuser, and "${user}" may not revoke it.`,
          remedy: `-- on the target, in the database, after the upgrade, as a superuser\nrevoke ${privilege} on ${place} from public;`,
        }),
      )
    }
  })

  it('is one for many objects', async () => {
    const all = `create schema ext; create extension hstore schema ext;
      revoke execute on all functions in schema ext from public`
    const found = await findingsAfter(asAdministrator, check, all)
    expect(found).toMatchObject([{ object: expect.stringMatching(/^\d+ objects$/) as unknown }])
    expect(found[0]?.remedy).toMatch(/^-- and \d+ more in the same way$/m)
  })

  it('says nothing of what is as it was made, nor to a superuser', async () => {
    const same = `create extension hstore; create extension pg_stat_statements;
      revoke execute on function akeys(hstore) from public; grant execute on function akeys(hstore) to public;
      grant execute on function avals(hstore) to pg_monitor;
      create function f() returns int language sql as 'select 1'; revoke execute on function f() from public`
    expect(await findingsAfter(asAdministrator, check, same)).toEqual([])
    expect(await findingsAfter(pair, check, revokes)).toEqual([])
  })

  it('says nothing of what the administrator may revoke itself', async () => {
    const targetServer = await startServer(18)
    try {
      const path = await offerExtension(targetServer, {
        name: 'hstore',
        version: '1.8',
        control: 'superuser = false',
        script: '',
      })
      await runSql(
        targetServer,
        'postgres',
        `${create}; alter role ${user} set extension_control_path = '${path}'`,
      )
      const as = { ...pair, targetServer, target: await asUser(targetServer) }
      const database = await createDatabase(pair.sourceServer)
      await runSql(pair.sourceServer, database, revokes)
      const objects = async () =>
        (await findingsOfCheck(as, check, [database])).map(({ object }) => object)
      expect(await objects()).toHaveLength(3)
      expect(await objects()).not.toContain('the privileges on routine public.akeys(public.hstore)')
      await runSql(targetServer, 'postgres', `grant postgres to ${user}`)
      expect(await objects()).toEqual([])
    } finally {
      await targetServer.stop()
    }
  })
})
