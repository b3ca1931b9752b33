/** What stays behind, and what the servers themselves are. */
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RolesMode } from '../../../src/roles/index.js'
import { quoteIdentifier } from '../../../src/server/index.js'
import {
  connectionParameters,
  createDatabase,
  openTestServer,
  runSql,
  startServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { settled } from '../../support/settled.js'
import { runUpgrade } from '../../support/upgrade-run.js'
import {
  findingsAfter,
  findingsAfterRemedies,
  findingsIn,
  findingsOfCheck,
  openPair,
  type Pair,
} from './pair.js'
import { paste } from './remedy.js'

let pair: Pair
let own: TestServer
/** Remedies change what all databases of a server share: its pg_hba.conf, its slots, its roles. */
let ownTarget: TestServer
beforeAll(async () => {
  const settings = { wal_level: 'logical', synchronous_commit: 'on' }
  ;[own, ownTarget] = await Promise.all([
    startServer(13, { settings }),
    startServer(18, { settings }),
  ])
  pair = {
    sourceServer: own,
    targetServer: ownTarget,
    source: await openTestServer(own, 'source'),
    target: await openTestServer(ownTarget, 'target'),
  }
})
afterAll(async () => {
  await Promise.all([own.stop(), ownTarget.stop()])
})

/** As it is after the upgrade: the database is on the target as well. */
async function arrive(database: string, sql = ''): Promise<void> {
  await runSql(ownTarget, 'postgres', `create database ${database} template template0`)
  if (sql !== '') await runSql(ownTarget, database, sql)
}

const findingsOf = async (
  check: string,
  database: string,
  changed: Partial<Pair> = {},
  options: Parameters<typeof findingsOfCheck>[3] = {},
) => findingsOfCheck({ ...pair, ...changed }, check, [database], options)

test('replication-slot warns of slots of the server and of the databases that are moved', async () => {
  const database = await createDatabase(own)
  const other = await createDatabase(own)
  await runSql(own, database, `select pg_create_physical_replication_slot('standby_1')`)
  await runSql(own, database, `select pg_create_logical_replication_slot('cdc', 'test_decoding')`)
  await runSql(own, other, `select pg_create_logical_replication_slot('other', 'test_decoding')`)
  const findings = await findingsOf('replication-slot', database)
  await runSql(own, other, `select pg_drop_replication_slot('other')`)
  expect(findings).toEqual([
    expect.objectContaining({ severity: 'warning', object: 'cdc', database }),
    expect.objectContaining({ severity: 'warning', object: 'standby_1' }),
  ])
  await arrive(database)
  expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  const there = 'select slot_name::text, plugin::text from pg_replication_slots order by 1'
  expect(await runSql(ownTarget, 'postgres', there)).toEqual([
    { slot_name: 'cdc', plugin: 'test_decoding' },
    { slot_name: 'standby_1', plugin: null },
  ])
})

test('subscription and publication are told, in their own database', async () => {
  const database = await createDatabase(own)
  await runSql(
    own,
    database,
    `create publication p for all tables;
     create subscription s connection 'host=192.0.2.1 password=topsecret' publication p with (connect = false)`,
  )
  const names = new Set(['subscription', 'publication'])
  const findings = await findingsIn(pair, [database], {}, names)
  expect(findings).toEqual([
    expect.objectContaining({ check: 'subscription', severity: 'warning', object: 's' }),
    expect.objectContaining({ check: 'publication', severity: 'note', object: 'p' }),
  ])
  expect(JSON.stringify(findings)).not.toContain('topsecret')
  expect(await findingsIn(pair, [await createDatabase(own)], {}, names)).toEqual([])
})

test('a subscription that has no slot is told without a slot to hand over', async () => {
  const database = await createDatabase(own)
  await runSql(
    own,
    database,
    `create subscription s connection 'host=192.0.2.1' publication p with (connect = false, slot_name = none)`,
  )
  const findings = await findingsOf('subscription', database)
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'warning',
      object: 's',
      message: expect.stringMatching(/without a slot, as it is on the source/) as unknown,
      remedy: expect.stringMatching(/slot_name = …/) as unknown,
    }),
  ])
})

test('a subscription that passes over a transaction is told with what passes over it on the target', async () => {
  const skip = (name: string) => `alter subscription "${name}" skip (lsn = '0/1A');`
  const create = (name: string, slot: string) =>
    `create subscription ${name} connection 'host=192.0.2.1' publication p with (connect = false${slot}); ${skip(name)}`
  const findings = await findingsAfter(
    await openPair(17, 18),
    'subscription',
    `${create('bare', ', slot_name = none')} ${create('s', '')}`,
  )
  expect(findings.map(({ object, message }) => [object, message])).toEqual(
    ['bare', 's'].map((name) => [name, expect.stringContaining('ends at 0/1A')]),
  )
  expect(findings.map(({ remedy }) => remedy)).toEqual([
    expect.stringContaining(`say again: ${skip('bare')}`),
    expect.stringContaining(`${skip('s')}\nalter subscription "s" enable;`),
  ])
})

test('subscription has a remedy that hands its slot over to the target', async () => {
  const publisher = await createDatabase(own)
  await runSql(own, publisher, 'create publication p')
  await runSql(
    own,
    publisher,
    `select pg_create_logical_replication_slot('handed_over', 'pgoutput')`,
  )
  const { host, port, user, password } = own
  const create = `create subscription s
    connection 'host=${host} port=${port} user=${user} password=${password} dbname=${publisher}'
    publication p with (connect = false, slot_name = handed_over)`
  const database = await createDatabase(own)
  await runSql(own, database, create)
  await arrive(database, create)
  await runSql(own, database, 'alter subscription s enable')
  const findings = await findingsOf('subscription', database, {}, { freezeSource: true })
  expect(findings).toMatchObject([{ message: expect.stringContaining('does not stop a sub') }])
  expect(await findingsOf('subscription', database)).toMatchObject([
    { message: expect.not.stringContaining('freeze') as unknown },
  ])
  await runSql(own, 'postgres', `alter database ${database} set default_transaction_read_only = on`)
  for (const { remedy = '', ...finding } of findings) {
    const [disabling = '', handingOver] = remedy.split('\n-- on the source, when')
    expect(disabling).toBe('-- on the source, before the run\nalter subscription "s" disable;')
    await paste(pair, { ...finding, remedy: `-- on the source, when${handingOver}` })
  }
  const state = 'select subenabled as enabled, subslotname::text as slot from pg_subscription'
  expect(await runSql(own, database, state)).toContainEqual({ enabled: false, slot: null })
  expect(await runSql(ownTarget, database, state)).toEqual([{ enabled: true, slot: 'handed_over' }])
  await runSql(ownTarget, database, 'alter subscription s disable')
  await runSql(ownTarget, database, 'alter subscription s set (slot_name = none)')
  await runSql(ownTarget, database, 'drop subscription s')
})

describe('passwords', () => {
  test('md5-password names new roles whose password is stored as MD5', async () => {
    const database = await createDatabase(own)
    const [old, modern] = [uniqueName('old\t"A\'s"'), uniqueName('modern')]
    await runSql(
      own,
      'postgres',
      `set password_encryption = 'md5'; create role ${quoteIdentifier(old)} login password 'x';
       set password_encryption = 'scram-sha-256'; create role ${modern} login password 'x'`,
    )
    const findings = await findingsOf('md5-password', database)
    expect(findings).toEqual([
      expect.objectContaining({
        severity: 'warning',
        remedy: expect.stringMatching(
          new RegExp(`^-- [^\\n]*\\nset [^\\n]*\\n\\\\password ${quoteIdentifier(old)}$`),
        ) as unknown,
      }),
    ])
    const typed = 'new secret\nnew secret\n'
    // Before 14 every server's default.
    await runSql(own, 'postgres', `alter database postgres set password_encryption = 'md5'`)
    expect(await findingsAfterRemedies(pair, findings, { typed })).toEqual([])
    await runSql(own, 'postgres', 'alter database postgres reset password_encryption')
    await runSql(own, 'postgres', `drop role ${quoteIdentifier(old)}`)
  })

  test('password-unreadable names the logins that arrive without one', async () => {
    const database = await createDatabase(own)
    const user = uniqueName('reader')
    await runSql(own, 'postgres', `create role ${user} login password 'secret'`)
    const source = await openTestServer(own, 'source', { user, password: 'secret' })
    const findings = await findingsOf('password-unreadable', database, { source })
    expect(findings).toEqual([
      expect.objectContaining({
        severity: 'warning',
        message: expect.stringContaining(`"${user}"`),
      }),
    ])
    expect(await findingsOf('password-unreadable', database)).toEqual([])
    const logins = await runSql<{ name: string }>(
      own,
      'postgres',
      `select rolname::text as name from pg_roles where rolcanlogin and rolname <> 'postgres'`,
    )
    for (const { name } of logins) await runSql(ownTarget, 'postgres', `create role ${name} login`)
    const typed = 'new secret\nnew secret\n'.repeat(logins.length)
    for (const finding of findings) await paste(pair, finding, { typed })
    await openTestServer(ownTarget, 'target', { user, password: 'new secret' })
  })

  test('password-unreadable blocks where "roles" asks for passwords, and not where it leaves them', async () => {
    const database = await createDatabase(own)
    const user = uniqueName('reader')
    await runSql(own, 'postgres', `create role ${user} login password 'secret'`)
    const source = await openTestServer(own, 'source', { user, password: 'secret' })
    const severities = async (roles: RolesMode) =>
      (await findingsOf('password-unreadable', database, { source }, { roles })).map(
        ({ severity }) => severity,
      )
    expect(await severities('with-passwords')).toEqual(['blocking'])
    expect(await severities('without-passwords')).toEqual([])
    expect(await severities('skip')).toEqual([])
  })
})

test('user-mapping-hidden names a mapping whose options this role may not see', async () => {
  const database = await createDatabase(own)
  const user = uniqueName('reader')
  await runSql(
    own,
    database,
    `create role ${user} login password 'secret';
     create extension postgres_fdw; create server far foreign data wrapper postgres_fdw;
     create user mapping for postgres server far options (user 'u', password 'topsecret')`,
  )
  const source = await openTestServer(own, 'source', { user, password: 'secret' })
  const findings = await findingsOf('user-mapping-hidden', database, { source })
  expect(findings).toEqual([
    expect.objectContaining({ severity: 'warning', object: 'postgres on far' }),
  ])
  expect(await findingsOf('user-mapping-hidden', database)).toEqual([])
  await arrive(
    database,
    `create extension postgres_fdw; create server far foreign data wrapper postgres_fdw;
     create user mapping for postgres server far`,
  )
  for (const finding of findings) await paste(pair, finding, { filledIn: { '…': 'as it was' } })
  expect(await runSql(ownTarget, database, 'select umoptions from pg_user_mappings')).toEqual([
    { umoptions: ['user=as it was', 'password=as it was'] },
  ])
})

async function pasteIntoHba(lines: string): Promise<void> {
  await appendFile(join(ownTarget.dataDirectory, 'pg_hba.conf'), `\n${lines}\n`)
  await reload(ownTarget)
}

/** A session has the time of the last reload from the process that it was forked from, which also reads the rules. */
async function reload(server: TestServer, database = 'postgres'): Promise<void> {
  const loadedAt = () =>
    runSql<{ at: string }>(server, database, 'select pg_conf_load_time()::text as at')
  const [earlier] = await loadedAt()
  await runSql(server, database, 'select pg_reload_conf()')
  await settled(loadedAt, ([now]) => now?.at !== earlier?.at)
}

test('a role that is let into no other database moves that one, and is told why not everything', async () => {
  const database = await createDatabase(own)
  const file = join(own.dataDirectory, 'pg_hba.conf')
  const before = await readFile(file, 'utf8')
  await writeFile(file, before.replaceAll(/^(host\s+)all\b/gm, `$1${database}`))
  await runSql(own, 'postgres', 'select pg_reload_conf()')
  await settled(
    () =>
      runSql(own, 'postgres', 'select 1').then(
        () => true,
        () => false,
      ),
    (isLetIn) => !isLetIn,
  )
  const check = (databases: string[], excluded: string[] = []) =>
    runUpgrade({
      mode: 'check',
      source: { ...pair.source.parameters, database },
      target: pair.target.parameters,
      databases,
      excludeDatabases: { items: excluded, areNames: false },
    })
  expect((await check([database])).error).toBeNull()
  expect((await check([database, 'p*'], ['postgres'])).error).toBeNull()
  expect((await check(['*'])).error).toMatchObject({
    code: 'not-allowed-by-server',
    hint: expect.stringContaining('name "postgres" in "exclude-databases"'),
  })
  await writeFile(file, before)
  await reload(own, database)
})

test('synchronous-standby warns of a target that waits for one, and nothing of a run waits for it', async () => {
  const database = await createDatabase(own)
  await runSql(own, database, 'create table t as select 1 as n')
  const servers = [own, ownTarget]
  const waitFor = async (names: string) => {
    for (const server of servers) {
      await runSql(server, 'postgres', `alter system set synchronous_standby_names = '${names}'`)
      await reload(server)
    }
  }
  try {
    await waitFor('ghost')
    const findings = await findingsOf('synchronous-standby', database)
    expect(findings).toMatchObject([
      { severity: 'warning', message: expect.stringContaining(`= 'ghost'`) },
    ])
    // A rehearsal drops what it has created.
    for (const mode of ['rehearse', 'upgrade'] as const) {
      const report = await runUpgrade({
        mode,
        source: pair.source.parameters,
        target: pair.target.parameters,
        databases: [database],
        method: 'copy',
        roles: 'skip',
        freezeSource: mode === 'upgrade',
      })
      expect([report.error, report.databases[0]?.result]).toEqual([null, 'passed'])
    }
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  } finally {
    await waitFor('')
  }
})

test('staging-refused blocks where pg_hba.conf lets the role into other databases alone', async () => {
  const database = await createDatabase(own)
  const user = `${uniqueName('all')}"s`
  const quoted = quoteIdentifier(user)
  await runSql(ownTarget, 'postgres', `create role ${quoted} login createdb password 'secret'`)
  const target = await openTestServer(ownTarget, 'target', { user, password: 'secret' })
  const file = join(ownTarget.dataDirectory, 'pg_hba.conf')
  const before = await readFile(file, 'utf8')
  await writeFile(file, before.replaceAll(/^(host\s+)all\b/gm, '$1postgres'))
  await reload(ownTarget)
  const findings = await findingsOf('staging-refused', database, { target })
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'blocking',
      message: expect.stringMatching(/into "postgres", and not into .*no pg_hba\.conf entry for/),
      remedy: expect.stringContaining(
        `\nhost  /^upgrade_postgres_  ${quoted}  127.0.0.1/32  scram-sha-256`,
      ),
    }),
  ])
  for (const { remedy = '' } of findings) await pasteIntoHba(remedy)
  expect(await findingsOf('staging-refused', database, { target })).toEqual([])
  await writeFile(file, before)
  await reload(ownTarget)
})

test('no-other-database blocks where the role could be in none while that of target-url is renamed', async () => {
  const database = await createDatabase(own)
  const user = uniqueName('publisher')
  await runSql(ownTarget, 'postgres', `create role ${user} login createdb password 'secret'`)
  await runSql(ownTarget, 'postgres', `create database ${database} owner ${user}`)
  const others = await runSql(
    ownTarget,
    'postgres',
    `select quote_ident(datname) as name from pg_database where datname <> '${database}'`,
  )
  const forOthers = async (verb: string) => {
    for (const { name } of others)
      await runSql(ownTarget, 'postgres', `${verb.replace('DATABASE', String(name))} public`)
  }
  const address = { user, password: 'secret', database }
  const target = await openTestServer(ownTarget, 'target', address)
  await forOthers('revoke connect on database DATABASE from')
  await runSql(ownTarget, 'postgres', 'alter database template1 allow_connections false')
  const closed = { ...pair, target }
  const findings = await findingsOfCheck(closed, 'no-other-database', [database])
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'blocking',
      remedy: `-- on the target, as a superuser or the owner of template1\nalter database template1 allow_connections true;\ngrant connect on database template1 to "${user}";`,
    }),
  ])
  expect(await findingsAfterRemedies(closed, findings)).toEqual([])
  await runSql(ownTarget, 'postgres', `revoke connect on database template1 from ${user}`)
  await runSql(ownTarget, 'postgres', `grant connect on database postgres to ${user}`)
  // Published from the one that is left.
  const report = await runUpgrade({
    source: connectionParameters(own),
    target: connectionParameters(ownTarget, address),
    databases: [database],
    roles: 'skip',
    clientVersion: 18,
  })
  await forOthers('grant connect on database DATABASE to')
  await runSql(ownTarget, 'postgres', `revoke connect on database postgres from ${user}`)
  expect([report.error, report.databases[0]?.result]).toEqual([null, 'passed'])
})

test('pg-hba notes the rules for other machines that the target does not have', async () => {
  const database = await createDatabase(own)
  const file = join(own.dataDirectory, 'pg_hba.conf')
  const before = await readFile(file, 'utf8')
  const rules = [
    `host ${database} app,+staff 10.0.0.0/8 scram-sha-256`,
    'host all all all ident map=people',
    'host other app 10.1.0.0/16 md5',
    'host replication all 10.0.0.0/8 md5',
    'local all all peer map=people',
    'host all all 127.0.0.1/32 md5',
  ]
  const rewrite = async (text: string) => {
    await writeFile(file, text)
    await runSql(own, 'postgres', 'select pg_reload_conf()')
  }
  await rewrite(`${before}\n${rules.join('\n')}\n`)
  const findings = await findingsOf('pg-hba', database)
  await rewrite(before)
  expect(findings).toEqual([
    expect.objectContaining({
      severity: 'note',
      message: expect.stringMatching(/^2 rules of the source's pg_hba\.conf/),
      remedy: [
        '# in pg_hba.conf of the target, and there then select pg_reload_conf(); options after the method are left out',
        `host  ${database}  app,+staff  10.0.0.0 255.0.0.0  scram-sha-256`,
        'host  all  all  all  ident',
      ].join('\n'),
    }),
  ])
  expect(await findingsOf('pg-hba', database)).toEqual([])
  await rewrite(`${before}\n${rules.join('\n')}\n`)
  for (const { remedy = '' } of findings) await pasteIntoHba(remedy)
  expect(await findingsOf('pg-hba', database)).toEqual([])
  await rewrite(before)
})

describe('the servers themselves', () => {
  test('target-cannot-create-databases blocks', async () => {
    const user = uniqueName('poor')
    await runSql(pair.targetServer, 'postgres', `create role ${user} login password 'secret'`)
    const target = await openTestServer(pair.targetServer, 'target', { user, password: 'secret' })
    const database = await createDatabase(own)
    const findings = await findingsOf('target-cannot-create-databases', database, { target })
    expect(findings).toEqual([expect.objectContaining({ severity: 'blocking' })])
    for (const finding of findings) await paste(pair, finding)
    const able = await openTestServer(ownTarget, 'target', { user, password: 'secret' })
    expect(await findingsOf('target-cannot-create-databases', database, { target: able })).toEqual(
      [],
    )
  })

  test('source-is-standby warns, and blocks where the source is to be frozen', async () => {
    const standby = await startServer(13, {
      standby: true,
      settings: { max_connections: '100' },
    })
    try {
      const source = await openTestServer(standby, 'source')
      const severities = []
      const standbyPair = { ...pair, sourceServer: standby, source }
      for (const finding of await findingsIn(standbyPair, ['postgres']))
        await paste(standbyPair, finding)
      const [delay] = await settled(
        () => runSql(standby, 'postgres', 'show max_standby_streaming_delay'),
        ([row]) => row?.['max_standby_streaming_delay'] === '-1',
      )
      expect(delay).toEqual({ max_standby_streaming_delay: '-1' })
      for (const freezeSource of [false, true]) {
        const findings = await findingsIn({ ...pair, source }, ['postgres'], { freezeSource })
        severities.push(findings.map(({ check, severity }) => `${check} ${severity}`))
      }
      expect(severities).toEqual([['source-is-standby warning'], ['source-is-standby blocking']])
    } finally {
      await standby.stop()
    }
  })

  test.each([
    ['plain', '18.5', ['psql-unsafe']],
    ['plain', '18.6', []],
    ['stream', '18.5', []],
  ] as const)('method %s with psql %s finds %j', async (method, toolVersion, checks) => {
    const findings = await findingsIn(pair, [await createDatabase(own)], { method, toolVersion })
    expect(findings.map(({ check }) => check)).toEqual(checks)
  })
})
