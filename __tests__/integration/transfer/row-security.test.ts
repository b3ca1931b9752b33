/** A materialized view is filled under row-level security, as REFRESH does it, by every method. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Finding, Report } from '../../../src/report/report.js'
import { transfers } from '../../../src/transfer/index.js'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'
import { findingsIn, openPair, type Pair } from '../check/pair.js'
import { paste } from '../check/remedy.js'
import { copy } from '../copy/copying.js'

type Method = keyof typeof transfers

describe('a materialized view whose owner does not see every row (view-row-security)', () => {
  const owner = uniqueName('owner')
  let pair: Pair
  let database: string

  beforeAll(async () => {
    pair = await openPair(13, 18)
    const { sourceServer, targetServer } = pair
    for (const server of [sourceServer, targetServer]) {
      await runSql(server, 'postgres', `create role ${owner}`)
    }
    database = await createDatabase(sourceServer, 'guarded')
    await runSql(
      sourceServer,
      database,
      `create table t (a int); insert into t values (1), (2), (3); grant select on t to ${owner};
       alter table t enable row level security;
       create policy p on t using (a < 3 or current_setting('all.of.it', true) = 'yes');
       create materialized view m as select a from t; alter materialized view m owner to ${owner}`,
    )
    await runSql(targetServer, 'postgres', `create database ${database} template template0`)
  })

  const foundFor = async (method: Method): Promise<Finding | undefined> => {
    const findings = await findingsIn(pair, [database], { method, existingDatabase: 'replace' })
    return findings.find(({ check }) => check === 'view-row-security')
  }
  const rowsOf = async (server: TestServer, name: string) =>
    (await runSql<{ a: number }>(server, name, 'select a from m order by a')).map(({ a }) => a)

  test.each(['plain', 'copy', 'stream', 'custom', 'parallel'] as const)(
    'is filled with what the policies show by the method %s, and a warning says so',
    async (method) => {
      expect(await foundFor(method)).toMatchObject({ severity: 'warning', object: 'public.m' })
      const { sourceServer, targetServer } = pair
      const copied = await copy(sourceServer, targetServer, database, {
        transfer: transfers[method],
      })
      expect(copied.error).toBeUndefined()
      expect(await rowsOf(targetServer, copied.database)).toEqual([1, 2])
    },
  )

  test('is filled in full by what the warning says', async () => {
    const finding = await foundFor('copy')
    const { sourceServer, targetServer } = pair
    const copied = await copy(sourceServer, targetServer, database, { into: database })
    expect(copied.error).toBeUndefined()
    await runSql(targetServer, 'postgres', `alter database ${database} set "all.of.it" = 'yes'`)
    await paste(pair, finding ?? {})
    expect(await rowsOf(targetServer, database)).toEqual([1, 2, 3])
  })
})

describe('materialized views where the administrator is lent the role that owns the table', () => {
  const [administrator, owner] = [uniqueName('admin'), uniqueName('owner')]
  const [reader, other] = [uniqueName('reader'), uniqueName('other')]
  let source: TestServer
  let target: TestServer
  let database: string

  beforeAll(async () => {
    ;[source, target] = [await sharedServer(13), await sharedServer(15)]
    for (const server of [source, target]) {
      await runSql(
        server,
        'postgres',
        `create role ${administrator} login createdb createrole password 'secret of admin';
         create role ${owner}; create role ${reader}; create role ${other}`,
      )
    }
    database = await createDatabase(source, 'guarded')
    await runSql(
      source,
      database,
      `create table t as select 1 as a, name from unnest(array['${reader}', '${other}', 'nobody']) name;
       alter table t enable row level security; alter table t owner to ${owner};
       create policy p on t using (name = current_user); grant select on t to ${reader}, ${other};
       create materialized view m as select name as a from t;
       alter materialized view m owner to ${reader};
       create view v as select name as a from t; alter view v owner to ${reader}; grant select on v to ${other};
       create materialized view "On M" as select a, (select count(*) from m) from v;
       alter materialized view "On M" owner to ${other}; grant select on m to ${other};
       refresh materialized view m; refresh materialized view "On M"`,
    )
  })

  const admin = { user: administrator, password: 'secret of admin' }
  const upgradeBy = (method: Method, name: string) =>
    runUpgrade({
      source: connectionParameters(source),
      target: connectionParameters(target, admin),
      method,
      databases: [name],
      existingDatabase: 'replace',
      roles: 'skip',
      clientVersion: 15,
    })
  const toldIn = ({ findings }: Report) =>
    findings.filter(({ check }) => check === 'view-row-security')
  const givenBackBy = ({ findings }: Report) =>
    findings.filter(({ check }) => check === 'owner-replaced')

  test.each(['plain', 'copy', 'stream', 'custom', 'parallel'] as const)(
    'are filled by the method %s with what the policies show to their owners',
    async (method) => {
      const report = await upgradeBy(method, database)
      expect(report.databases).toMatchObject([{ result: 'passed', error: null, differences: [] }])
      const held = 'select a from m union all select a || count from "On M"'
      expect(await runSql(target, database, held)).toEqual([{ a: reader }, { a: `${other}1` }])
    },
  )

  test('are told where their owner is exempt on the source alone', async () => {
    const exempt = uniqueName('exempt')
    await runSql(source, 'postgres', `create role ${exempt} bypassrls`)
    await runSql(target, 'postgres', `create role ${exempt}`)
    const name = await createDatabase(source, 'forced')
    await runSql(
      source,
      name,
      `create table t as select 1 as a; grant select on t to ${exempt}; alter table t owner to ${owner};
       alter table t enable row level security, force row level security;
       create materialized view m as select a from t; alter materialized view m owner to ${exempt};
       create materialized view n as select a from t`,
    )
    const report = await upgradeBy('copy', name)
    const told = toldIn(report)
    expect(told).toMatchObject([
      {
        severity: 'warning',
        object: 'public.m',
        message: expect.stringContaining(`applies to the role "${exempt}". On the source none`),
      },
      {
        severity: 'warning',
        object: 'public.n',
        message: expect.stringContaining(
          `applies to the role "${administrator}", which does it on the target in the place of "postgres"`,
        ),
      },
    ])
    const rows = 'select (select count(*)::int from m) as m, (select count(*)::int from n) as n'
    expect(await runSql(target, name, rows)).toEqual([{ m: 0, n: 0 }])
    for (const finding of [...givenBackBy(report), ...told]) {
      await paste({ sourceServer: source, targetServer: target }, finding)
    }
    expect(await runSql(target, name, rows)).toEqual([{ m: 1, n: 1 }])
  })

  test('are told where they fall to the administrator, who sees every row', async () => {
    const missing = uniqueName('missing')
    const name = await createDatabase(source, 'missing')
    await runSql(
      source,
      name,
      `create role ${missing}; create table t as select 1 as a; grant select on t to ${missing};
       alter table t owner to ${owner}; alter table t enable row level security;
       create materialized view m as select a from t; alter materialized view m owner to ${missing};
       refresh materialized view m`,
    )
    const report = await upgradeBy('copy', name)
    const told = toldIn(report)
    expect(told).toMatchObject([
      {
        severity: 'warning',
        object: 'public.m',
        message: expect.stringContaining('also with those that policies have hidden'),
      },
    ])
    expect(await runSql(target, name, 'select a from m')).toEqual([{ a: 1 }])
    for (const finding of givenBackBy(report)) {
      await paste({ sourceServer: source, targetServer: target }, finding)
    }
    await runSql(target, name, `grant select on t to ${missing}`)
    for (const finding of told) await paste({ sourceServer: source, targetServer: target }, finding)
    expect(await runSql(target, name, 'select a from m')).toEqual([])
  })
})
