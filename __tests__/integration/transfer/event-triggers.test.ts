/** Event triggers of users on a target before 17, where no setting keeps them from what the run itself does. */
import { beforeAll, expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import { validateDatabase } from '../../../src/validate/index.js'
import {
  connectionParameters,
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

let source: TestServer
let target: TestServer

beforeAll(async () => {
  source = await sharedServer(11)
  target = await sharedServer(13)
})

/** A check that a restore prints otherwise, and what no dump carries. */
const definitions = `create table t (v varchar(9) check (v in ('a', 'b')), a int not null);
  comment on type t is 'of rows'; create unique index of_a on t (a);
  alter table t replica identity using index of_a; drop index of_a;`

const noting = `create table log (id serial, tag text);
  create function note() returns event_trigger language plpgsql
    as $$ begin insert into public.log (tag) values (tg_tag); end $$;
  create event trigger "Noted" on ddl_command_end execute function note();`

const forbidding = `create function forbid() returns event_trigger language plpgsql
    as $$ begin raise exception 'no % here', tg_tag; end $$;
  create event trigger forbidden on ddl_command_start execute function forbid();`

const state = `select evtenabled::text as enabled, last_value, is_called
  from pg_event_trigger left join (select last_value, is_called from log_id_seq) s on true`

test.each(['', 'alter event trigger "Noted" enable always'])(
  'write nothing while a database is moved and compared, and forbid nothing of it (%s)',
  async (enable) => {
    const [noted, forbidden] = [await createDatabase(source), await createDatabase(source)]
    await runSql(source, noted, definitions + noting + enable)
    await runSql(source, forbidden, definitions + forbidding)
    const run = (mode: 'upgrade' | 'validate') =>
      runUpgrade({
        mode,
        source: connectionParameters(source),
        target: connectionParameters(target),
        databases: [noted, forbidden],
        roles: 'skip',
        clientVersion: 13,
      })
    for (const mode of ['upgrade', 'validate'] as const) {
      const report = await run(mode)
      expect(report.error).toBeNull()
      expect(report.findings.filter(({ check }) => check === 'ownership-refused')).toEqual([])
      expect(report.databases.map(({ error, differences }) => [error, differences])).toEqual([
        [null, []],
        [null, []],
      ])
      expect(await runSql(target, noted, state)).toEqual(await runSql(source, noted, state))
    }
    expect(
      await runSql(target, forbidden, 'select evtenabled::text as enabled from pg_event_trigger'),
    ).toEqual([{ enabled: 'O' }])
  },
)

test('are named where the role that compares is no superuser and sets them off', async () => {
  const target = await sharedServer(16)
  const reader = uniqueName('reader')
  const database = await createDatabase(target)
  await runSql(target, database, definitions + noting)
  await runSql(
    target,
    database,
    `create event trigger of_indexes on ddl_command_end when tag in ('CREATE INDEX') execute function note();
     create event trigger off on ddl_command_end execute function note(); alter event trigger off disable`,
  )
  await runSql(
    target,
    'postgres',
    `create role ${reader} login password 'secret' in role pg_read_all_data`,
  )
  try {
    const side = {
      server: await openTestServer({ ...target, user: reader, password: 'secret' }, 'target'),
      database,
    }
    const warnings: string[] = []
    await validateDatabase({
      source: { server: await openTestServer(target, 'source'), database },
      target: side,
      level: 'counts',
      queries: [],
      jobs: 1,
      log: { ...silentLog, warning: (line) => warnings.push(line) },
      signal: new AbortController().signal,
    })
    expect(warnings).toEqual([expect.stringContaining(`"${reader}" is no superuser: "Noted".`)])
  } finally {
    await runSql(target, 'postgres', `drop role ${reader}`)
  }
})
