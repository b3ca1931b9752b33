/** What a run prepares on its own machine before it connects: the folder for dumps, the client's key. */
import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, symlinkSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { generate } from 'selfsigned'
import { carryOut, clearAway, type Surroundings } from '../../src/carry-out.js'
import { readInputs } from '../../src/inputs/inputs.js'
import { silentLog } from '../../src/log.js'
import { emptyEntries } from '../../src/cleanup/index.js'
import type { Finding, Report } from '../../src/report/report.js'
import { freezeSource, type Freeze } from '../../src/server/index.js'
import {
  connectionParameters,
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  startServer,
  type TestServer,
} from '../support/servers.js'
import { cacheFolder } from '../support/server-binaries.js'
import { settled } from '../support/settled.js'
import { paste } from './check/remedy.js'

const source = await sharedServer(15)
const target = await sharedServer(18)
const folder = await mkdtemp(join(tmpdir(), 'dump-directory-'))
const before = process.cwd()
beforeAll(() => {
  process.chdir(folder)
})
afterAll(async () => {
  process.chdir(before)
  await rm(folder, { recursive: true })
})

async function rehearse(
  given: Readonly<Record<string, string>>,
  changes: Partial<Surroundings> = {},
): Promise<Report> {
  const url = ({ host, port, user }: typeof source) =>
    `postgresql://${user}@${host}:${port}/postgres?sslmode=disable`
  const inputs: Readonly<Record<string, string>> = {
    'source-url': url(source),
    'target-url': url(target),
    'source-password': source.password,
    'target-password': target.password,
    mode: 'rehearse',
    roles: 'skip',
    history: join(folder, 'history.json'),
    ...given,
  }
  const told: Report[] = []
  await carryOut(
    readInputs((name) => inputs[name] ?? ''),
    {
      log: silentLog,
      signal: new AbortController().signal,
      // Relative, as TMPDIR may be: the tools run in another folder.
      temporary: 'temporary',
      reportDirectory: join(folder, 'report'),
      hasPostStep: false,
      secretsAreMasked: false,
      toolCache: relative(process.cwd(), join(cacheFolder(), 'tool-cache')),
      onStart: () => undefined,
      tell: (report) => {
        told.push(structuredClone(report))
        return Promise.resolve()
      },
      tellAgain: () => Promise.reject(new Error('There is nothing more to tell.')),
      ...changes,
    },
  )
  const [report] = told
  if (report === undefined) throw new Error('Nothing was told.')
  return report
}

test('a run that failed also tells that its report could not be written', async () => {
  const reportDirectory = join(folder, 'taken away')
  const warnings: string[] = []
  const report = await rehearse(
    { databases: 'nowhere', 'report-directory': reportDirectory },
    {
      log: {
        ...silentLog,
        warning: (message) => warnings.push(message),
        async group(_title, work) {
          await rm(reportDirectory, { recursive: true, force: true })
          await writeFile(reportDirectory, 'no folder')
          return work()
        },
      },
    },
  )
  expect(report).toMatchObject({ result: 'failed', error: { code: 'database-missing' } })
  const notWritten = `The report could not be written to ${reportDirectory}: `
  expect(warnings).toContainEqual(expect.stringContaining(notWritten))
})

test.each(['custom', 'parallel'])(
  'method %s takes a relative dump-directory, and a relative temporary folder',
  async (method) => {
    const databases = await createDatabase(source, 'relative')
    await runSql(source, databases, 'create table t as select 1 as a')
    const report = await rehearse({ databases, method, 'dump-directory': `dumps of ${method}` })
    expect(report).toMatchObject({ result: 'passed', databases: [{ name: databases }] })
    expect(report.findings.filter(({ check }) => check === 'staging-left')).toEqual([])
  },
)

/** A template cannot be dropped, and the staging database makes itself one as its index is built. */
const undroppable = `
  create function hold() returns void language plpgsql as $$ begin
    if current_database() ~ '^upgrade_postgres_' then
      execute format('alter database %I is_template true', current_database());
    end if;
  end $$;
  create function held(int) returns int immutable language plpgsql as $$ begin
    perform public.hold();
    return $1;
  end $$;
  create table t as select 1 as a;
  create index a_index on t (held(a))`

const stagingLeft = {
  check: 'staging-left',
  severity: 'warning',
  object: expect.stringMatching(/^upgrade_postgres_[0-9a-f]{8}_1$/) as unknown,
  message: expect.stringContaining('cannot drop a template database') as unknown,
}

/** Pastes the remedy, and returns the databases of that name that are still there. */
async function pasteWhatIsTold({ findings }: Report) {
  const found = findings.find(({ check }) => check === 'staging-left')
  const left = found?.object ?? ''
  await runSql(target, 'postgres', `alter database ${left} is_template false`)
  await paste({ sourceServer: source, targetServer: target }, found ?? {})
  return runSql(target, 'postgres', `select from pg_database where datname = '${left}'`)
}

test('staging-left names what the clean-up could not drop, in the report, and how it goes', async () => {
  const databases = await createDatabase(source, 'held')
  await runSql(source, databases, undroppable)
  const report = await rehearse({ databases, method: 'custom' })
  const found = report.findings.filter(({ check }) => check === 'staging-left')
  expect(found).toMatchObject([stagingLeft])
  expect(await pasteWhatIsTold(report)).toEqual([])
})

test('what a cancelled run could not clear away is told once more, after the result', async () => {
  const databases = await createDatabase(source, 'held')
  await runSql(
    source,
    databases,
    `${undroppable};
     create function waits() returns void language plpgsql as $$ begin
       if current_database() ~ '^upgrade_postgres_' then perform pg_sleep(600); end if;
     end $$;
     create function waiting(int) returns int immutable language plpgsql as $$ begin
       perform public.waits();
       return $1;
     end $$;
     create index b_index on t (waiting(a))`,
  )
  const cancel = new AbortController()
  const later: Report[] = []
  let staging = ''
  const told = rehearse(
    { databases, method: 'custom' },
    {
      signal: cancel.signal,
      onStart(_workDirectory, applicationName) {
        staging = `upgrade_postgres_${applicationName.replace(/.* /, '')}_1`
      },
      tellAgain(report) {
        later.push(report)
        return Promise.resolve()
      },
    },
  )
  const isTemplate = () =>
    runSql(
      target,
      'postgres',
      `select from pg_database where datname = '${staging}' and datistemplate`,
    )
  expect(await settled(isTemplate, (rows) => rows.length > 0)).toHaveLength(1)
  cancel.abort()
  const { error, findings } = await told
  expect(error?.code).toBe('cancelled')
  expect(findings).not.toContainEqual(expect.objectContaining({ check: 'staging-left' }))
  // The indexes that hold the run look whether it is at work in its staging database.
  const reports = later.map((report) => ({
    ...report,
    findings: report.findings.filter(({ check }) => check !== 'current-database'),
  }))
  expect(reports).toMatchObject([{ findings: [stagingLeft] }])
  for (const report of reports) expect(await pasteWhatIsTold(report)).toEqual([])
})

test('staging databases of a target that is gone are told together, by name', async () => {
  const names = ['upgrade_postgres_0badcafe_1', 'upgrade_postgres_0badcafe_2']
  const told: Finding[] = []
  await clearAway({
    parametersOf: () => connectionParameters(target, { port: 1 }),
    entries: { ...emptyEntries('upgrade-postgres 0badcafe'), stagingDatabases: names },
    wasCutOff: false,
    workDirectory: await mkdtemp(join(folder, 'work-')),
    isTriedAgain: false,
    applicationName: 'upgrade-postgres 0badcafe',
    log: silentLog,
    finding: (finding) => told.push(finding),
  })
  expect(told).toMatchObject([
    {
      message: expect.stringMatching(
        /upgrade_postgres_0badcafe_1, upgrade_postgres_0badcafe_2 on the target, .*ECONNREFUSED/,
      ) as unknown,
      remedy: `-- on the target, when it lets sessions in and nobody keeps a lock on its databases (pg_locks, pg_prepared_xacts)\n${names.map((name) => `drop database if exists "${name}";`).join('\n')}`,
    },
  ])
})

test('a frozen source is released while the target does not answer', async () => {
  const database = await createDatabase(source, 'frozen')
  const signal = new AbortController().signal
  const freezes: Freeze[] = []
  await freezeSource(await openTestServer(source, 'source'), {
    databases: [database],
    graceSeconds: 0,
    log: silentLog,
    signal,
    onFreeze: (freeze) => freezes.push(freeze),
  })
  const sockets: Socket[] = []
  const silent = createServer((socket) => sockets.push(socket.on('error', () => undefined)))
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  const { port } = silent.address() as AddressInfo
  const cleared = clearAway({
    parametersOf: (side) =>
      side === 'source'
        ? connectionParameters(source)
        : // Nobody is to be waited for as long.
          connectionParameters(target, { port, connectTimeoutSeconds: 600 }),
    entries: {
      ...emptyEntries('upgrade-postgres 0badcafe'),
      stagingDatabases: ['upgrade_postgres_0badcafe_1'],
      freeze: freezes[0] ?? null,
    },
    wasCutOff: false,
    workDirectory: await mkdtemp(join(folder, 'work-')),
    isTriedAgain: false,
    applicationName: 'upgrade-postgres 0badcafe',
    log: silentLog,
    finding: () => undefined,
  })
  try {
    const frozen = `select from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where d.datname = '${database}'`
    const read = () => runSql(source, 'postgres', frozen)
    expect(await settled(read, (rows) => rows.length === 0)).toEqual([])
    expect(sockets).not.toEqual([])
  } finally {
    silent.close()
    for (const socket of sockets) socket.destroy()
  }
  await cleared
})

test('a disk that is full before the run begins is told in the report, and nothing is left on it', async () => {
  let begun = ''
  const report = await rehearse(
    {},
    {
      onStart(workDirectory) {
        begun = workDirectory
        symlinkSync('/dev/full', join(workDirectory, 'journal.json.new'))
      },
    },
  )
  expect(report).toMatchObject({
    result: 'failed',
    error: {
      code: 'disk-full',
      message: expect.stringContaining(begun) as unknown,
      hint: expect.stringContaining('TMPDIR') as unknown,
    },
  })
  expect(existsSync(begun)).toBe(false)
})

test('a file in the place of dump-directory ends the run before anything else', async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  for (const path of [file, join(file, 'below')]) {
    const report = await rehearse({ method: 'copy', 'dump-directory': path })
    expect(report).toMatchObject({ result: 'failed', phases: [], databases: [] })
    expect(report.error?.code).toBe('invalid-input')
    expect(report.error?.message).toContain(`dump-directory: ${path} cannot be used`)
  }
})

test('a report-directory that is there and takes no files ends the run before anything else', async () => {
  // Nobody may make a file there, not even root.
  const report = await rehearse({ 'report-directory': '/proc' })
  expect(report).toMatchObject({
    result: 'failed',
    phases: [],
    databases: [],
    error: {
      code: 'report-not-written',
      message: expect.stringMatching(
        /^The report could not be written to \/proc: ENOENT/,
      ) as unknown,
      hint: expect.stringContaining('"report-directory"') as unknown,
    },
  })
})

test('a folder that has the name of the report ends the run before anything else, and leaves no page of an earlier run', async () => {
  const directory = join(folder, 'taken')
  await mkdir(join(directory, 'report.json'), { recursive: true })
  await writeFile(join(directory, 'report.html'), 'of an earlier run')
  const report = await rehearse({ 'report-directory': directory })
  expect(report).toMatchObject({
    result: 'failed',
    phases: [],
    error: {
      code: 'report-not-written',
      message: expect.stringContaining(directory) as unknown,
    },
  })
  expect(await readdir(directory)).toEqual(['report.json'])
})

describe('a client certificate that the server asks for, in files of relative paths', () => {
  let tls: TestServer

  beforeAll(async () => {
    tls = await startServer(18, { tls: true })
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'client' }], {
      extensions: [{ name: 'basicConstraints', cA: true }],
    })
    const locked = createPrivateKey(key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'passphrase-of-the-key',
    })
    await writeFile(join(folder, 'client.crt'), cert)
    await writeFile(join(folder, 'locked.key'), locked, { mode: 0o600 })
    // As the shell writes it: libpq takes no key that others may read.
    await writeFile(join(folder, 'readable.key'), key, { mode: 0o644 })
    await askForCertificate(tls, cert)
  })
  afterAll(() => tls.stop())

  const through = (key: string, databases: string) =>
    rehearse({
      databases,
      method: 'stream',
      'target-url': `host=${tls.host} port=${tls.port} user=${tls.user} sslmode=require sslcert=client.crt sslkey=${key}`,
      'target-password': tls.password,
    })

  test.each(['locked.key sslpassword=passphrase-of-the-key', 'readable.key'])(
    'is used by our own sessions and by the tools with the key %s',
    async (key) => {
      const name = await createDatabase(source, 'clientkey')
      expect(await through(key, name)).toMatchObject({ result: 'passed', databases: [{ name }] })
    },
  )

  test.each([
    ['the wrong passphrase', ' sslpassword=another-passphrase', 'cannot be read with'],
    ['no passphrase', '', 'is locked with a passphrase'],
  ])('is told with %s before anything is connected to', async (_what, password, said) => {
    const report = await through(`locked.key${password}`, 'any')
    expect(report).toMatchObject({ result: 'failed', phases: [] })
    expect(report.error).toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining(`target-url: the file in sslkey ${said}`) as unknown,
    })
    expect(JSON.stringify(report)).not.toContain('another-passphrase')
  })
})

/** Lets nobody in through TLS without that certificate. */
async function askForCertificate(server: TestServer, certificate: string): Promise<void> {
  const rules = join(server.dataDirectory, 'pg_hba.conf')
  await writeFile(join(server.dataDirectory, 'client-ca.crt'), certificate)
  const rule = 'hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca'
  await writeFile(rules, `${rule}\n${await readFile(rules, 'utf8')}`)
  const loadedAt = () => runSql(server, 'postgres', 'select pg_conf_load_time()::text as at')
  const [earlier] = await loadedAt()
  await runSql(server, 'postgres', `alter system set ssl_ca_file = 'client-ca.crt'`)
  await runSql(server, 'postgres', 'select pg_reload_conf()')
  await settled(loadedAt, ([now]) => now?.['at'] !== earlier?.['at'])
}
