/** The SQL of the README's "Privileges", run as it is printed: the users it makes can move a server. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { serverInputs } from '../support/action-inputs.js'
import { blockAfter } from '../support/markdown.js'
import { runAction, type ActionRun } from '../support/runner.js'
import { runSql, startServer, type TestServer } from '../support/servers.js'

const password = 'choose a long one'

describe('the users of the README', () => {
  let source: TestServer
  let target: TestServer
  let run: ActionRun

  beforeAll(async () => {
    ;[source, target] = await Promise.all([startServer(14), startServer(18)])
    await runSql(
      source,
      'postgres',
      `create role app login password 'of app'; create role reader; grant reader to app`,
    )
    for (const [index, name] of ['shop', 'The "archive"'].entries()) {
      const quoted = `"${name.replaceAll('"', '""')}"`
      await runSql(source, 'postgres', `create database ${quoted} owner app`)
      await runSql(source, 'postgres', `revoke connect on database ${quoted} from public`)
      await runSql(
        source,
        name,
        `set role app; create schema closed;
         create table closed.orders (id int generated always as identity primary key, note text unique);
         insert into closed.orders (note) select md5(i::text) from generate_series(1, ${500 + index}) i;
         create view closed.seen as select * from closed.orders;
         grant usage on schema closed to reader; grant select on closed.seen to reader`,
      )
    }
    await runSql(source, 'postgres', blockAfter('README.md', 'sql: source'))
    await runSql(target, 'postgres', blockAfter('README.md', 'sql: target'))
    run = await runAction({
      ...serverInputs(source, target),
      'source-url': source.urlWithoutPassword().replace('postgres@', 'upgrader@'),
      'source-password': password,
      'target-url': target.urlWithoutPassword().replace('postgres@', 'upgrader@'),
      'target-password': password,
      validate: 'checksums',
    })
  })

  afterAll(async () => {
    await Promise.all([source.stop(), target.stop()])
  })

  it('move every database, and nothing differs', () => {
    expect(run.commands.filter(({ name }) => name === 'error')).toEqual([])
    expect(run.outputs).toMatchObject({ result: 'passed', differences: '0' })
    expect(run.report?.databases.map(({ name, result }) => [name, result])).toEqual(
      expect.arrayContaining([
        ['shop', 'passed'],
        ['The "archive"', 'passed'],
      ]),
    )
  })

  it('carry the passwords of logins, because they may read them', async () => {
    expect(run.report?.roles).toMatchObject({ created: ['app', 'reader'], withoutPassword: [] })
    const rows = await runSql(
      { ...target, user: 'app', password: 'of app' },
      'shop',
      'select 1 as one',
    )
    expect(rows).toEqual([{ one: 1 }])
  })

  it('leave the databases to their owners', async () => {
    const rows = await runSql(
      target,
      'shop',
      `select pg_catalog.pg_get_userbyid(datdba)::text as owner, (select count(*)::int from closed.orders) as orders
         from pg_catalog.pg_database where datname = current_database()`,
    )
    expect(rows).toEqual([{ owner: 'app', orders: 500 }])
  })
})
