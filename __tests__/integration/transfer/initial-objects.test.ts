/** What every database has from the start, and a dump does not carry: the schema public and the extension plpgsql. */
import { beforeAll, describe, expect, it } from '@jest/globals'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'
import { paste } from '../check/remedy.js'

const [owner, guest] = ['owner', 'guest'].map(uniqueName)

/** By the name of the database. */
const changes = {
  given: `alter schema public owner to ${owner}; comment on schema public is 'Standard public schema';
    revoke all on schema public from public; grant usage on schema public to ${guest} with grant option;
    create table public.t (i int); comment on extension plpgsql is 'the language';
    revoke usage on schema information_schema from public; grant usage on schema information_schema to ${guest};
    grant usage on language sql to ${guest}; grant usage on schema pg_catalog to ${guest}`,
  'made anew': `drop schema public; create schema public; create table public.t (i int)`,
  dropped: `drop schema public; drop extension plpgsql; create schema s; create table s.t (i int)`,
}

const described = `
  select nspowner::regrole::text as owner, obj_description(n.oid, 'pg_namespace') as comment,
         has_schema_privilege('${guest}', n.oid, 'usage with grant option') as usable,
         (select count(*)::int from aclexplode(nspacl) where grantee = 0) as open,
         (select json_agg(acl order by acl) from (
            select nspname || nspacl::text as acl from pg_namespace where nspname in ('information_schema', 'pg_catalog')
            union all select lanname || lanacl::text from pg_language) acls) as of_the_system,
         (select obj_description(oid, 'pg_extension') from pg_extension where extname = 'plpgsql') as language
    from (values (true)) one left join pg_namespace n on nspname = 'public'`

describe.each([
  { from: 11, to: 13 },
  { from: 15, to: 18 },
])('of a $from on a $to', ({ from, to }) => {
  let source: TestServer
  let target: TestServer

  beforeAll(async () => {
    source = await sharedServer(from)
    target = await sharedServer(to)
    for (const server of [source, target]) {
      for (const role of [owner, guest]) {
        await runSql(server, 'postgres', `create role ${role}`)
      }
    }
  })

  it('arrives as it is on the source', async () => {
    const databases: string[] = []
    for (const [name, sql] of Object.entries(changes)) {
      const database = await createDatabase(source, name)
      await runSql(source, database, sql)
      databases.push(database)
    }
    const report = await runUpgrade({
      source: connectionParameters(source),
      target: connectionParameters(target),
      databases,
      roles: 'skip',
      clientVersion: to,
    })
    expect(report.error).toBeNull()
    expect(report.databases.map(({ result, differences }) => [result, differences])).toEqual(
      databases.map(() => ['passed', []]),
    )
    expect(report.findings.filter(({ check }) => told.has(check))).toEqual([])
    for (const database of databases) {
      expect(await runSql(target, database, described)).toEqual(
        await runSql(source, database, described),
      )
    }
  })

  it('is told where an administrator may not drop it', async () => {
    const user = uniqueName('admin')
    await runSql(target, 'postgres', `create role ${user} login createdb password 'secret'`)
    const database = await createDatabase(source)
    await runSql(
      source,
      database,
      `drop extension plpgsql; create schema s; create table s.t as select 1 as i`,
    )
    const report = await runUpgrade({
      source: connectionParameters(source),
      target: connectionParameters(target, { user, password: 'secret' }),
      databases: [database],
      roles: 'skip',
      clientVersion: to,
    })
    expect(report.error).toBeNull()
    expect(report.databases.map(({ result, differences }) => [result, differences])).toEqual([
      ['passed', []],
    ])
    const kept = report.findings.filter(({ check }) => check === 'initial-object-kept')
    expect(kept).toEqual([expect.objectContaining({ database, object: 'extension plpgsql' })])
    for (const finding of kept) {
      await paste({ sourceServer: source, targetServer: target }, finding)
    }
    expect(
      await runSql(target, database, `select extname from pg_extension where extname = 'plpgsql'`),
    ).toEqual([])
  })
})

const told = new Set(['initial-object-kept', 'ownership-refused'])
