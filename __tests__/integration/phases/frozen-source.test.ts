/** What stays frozen after a run, and what later runs make of it. */
import { beforeAll, describe, expect, it, test } from '@jest/globals'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clearAway } from '../../../src/carry-out.js'
import { openJournal, readJournal } from '../../../src/cleanup/index.js'
import { sourceLeftFrozen } from '../../../src/cleanup/source-left-frozen.js'
import { withFrozenSource } from '../../../src/phases/frozen-source.js'
import { silentLog } from '../../../src/log.js'
import { renderSummary, renderText } from '../../../src/report/index.js'
import { logLines } from '../../../src/report/log-lines.js'
import { renderPage } from '../../../src/report/page/index.js'
import { systemClock } from '../../../src/report/progress.js'
import {
  startDatabaseReport,
  startReport,
  type Finding,
  type Report,
} from '../../../src/report/report.js'
import { addFinding, type Run } from '../../../src/run.js'
import { quoteIdentifier, quoteLiteral } from '../../../src/server/index.js'
import { elementsOf } from '../../support/html.js'
import {
  connectionParameters,
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade, type UpgradeInputs } from '../../support/upgrade-run.js'
import { paste, pastePrinted } from '../check/remedy.js'

let sourceServer: TestServer
let targetServer: TestServer
beforeAll(async () => {
  ;[sourceServer, targetServer] = [await sharedServer(13), await sharedServer(17)]
})

const readOnlySettings = (server: TestServer, database: string) =>
  runSql(
    server,
    'postgres',
    `select setrole::regrole::text as role, setconfig from pg_db_role_setting
      where setdatabase = (select oid from pg_database where datname = '${database}') order by 1`,
  )

describe('a database with a role that has a setting of its own', () => {
  let database: string
  let role: string
  let own: unknown

  async function run(changes: Partial<UpgradeInputs> = {}): Promise<Report> {
    return runUpgrade({
      source: connectionParameters(sourceServer),
      target: connectionParameters(targetServer),
      databases: [database],
      // Both servers are shared with other tests, and so are their roles.
      roles: 'skip',
      existingDatabase: 'replace',
      ...changes,
    })
  }

  beforeAll(async () => {
    database = await createDatabase(sourceServer)
    role = uniqueName('app')
    for (const server of [sourceServer, targetServer]) {
      await runSql(server, 'postgres', `create role ${role}`)
    }
    await runSql(
      sourceServer,
      database,
      `create table t as select 1 as a;
       alter role ${role} in database ${database} set default_transaction_read_only = off`,
    )
    own = [{ role, setconfig: ['default_transaction_read_only=off'] }]
  })

  const findings = ({ findings: all }: Report) =>
    all.filter(({ check }) => check === 'source-frozen')

  it('stays frozen after an upgrade that has passed, and the report says how it is released', async () => {
    const report = await run({ freezeSource: true })
    expect(report.result).toBe('passed')
    expect(await readOnlySettings(targetServer, database)).toEqual(own)
    expect(findings(report)).toEqual([
      {
        check: 'source-frozen',
        severity: 'note',
        database,
        message: expect.stringContaining('stays read-only on the source') as unknown,
        remedy: expect.stringContaining(
          `alter role "${role}" in database "${database}" set default_transaction_read_only = 'off';`,
        ) as unknown,
      },
    ])
  })

  it.each([{ freezeSource: true }, { freezeSource: false }])(
    'is moved once more from the frozen source, and the target takes writes: %j',
    async (changes) => {
      const report = await run(changes)
      expect(report.result).toBe('passed')
      expect(findings(report)).toHaveLength(1)
      expect(await readOnlySettings(targetServer, database)).toEqual(own)
      await runSql(targetServer, database, 'create table u ()')
      await expect(runSql(sourceServer, database, 'create table u ()')).rejects.toThrow()
    },
  )

  it('has no differences in mode validate while it is frozen', async () => {
    const replaced = await run()
    expect(replaced.result).toBe('passed')
    const report = await run({ mode: 'validate' })
    expect(report.databases[0]?.differences).toEqual([])
    await runSql(
      targetServer,
      'postgres',
      `alter database ${database} set default_transaction_read_only = 'tru'`,
    )
    const frozenTarget = await run({ mode: 'validate' })
    expect(frozenTarget.databases[0]?.differences).toMatchObject([{ kind: 'database setting' }])
  })

  it('is left as it was by a rehearsal, which only looks whether it could be frozen', async () => {
    await run({
      freezeSource: true,
      validationQueries: [{ sql: 'select 1 / count(*) from t where false', database: undefined }],
    })
    expect(await readOnlySettings(sourceServer, database)).toEqual(own)
    const report = await run({ mode: 'rehearse', freezeSource: true })
    expect(report.result).toBe('passed')
    expect(await readOnlySettings(sourceServer, database)).toEqual(own)
  })

  it('is released by pasting what the report says', async () => {
    const [finding] = findings(await run({ freezeSource: true }))
    await paste({ sourceServer, targetServer }, finding ?? {})
    expect(await readOnlySettings(sourceServer, database)).toEqual(own)
    await runSql(sourceServer, database, 'create table v (); drop table v')
  })

  it('is released by a later run that fails, whichever run has frozen it', async () => {
    await run({ freezeSource: true })
    const failed = await run({
      freezeSource: true,
      validationQueries: [{ sql: 'select 1 / count(*) from t where false', database: undefined }],
    })
    expect(failed.result).toBe('failed')
    expect(await readOnlySettings(sourceServer, database)).toEqual(own)
  })
})

describe('a source that cannot be released', () => {
  it('does not hide why the run failed; the clean-up tries again, says how it is released, and leaves the journal to the post step', async () => {
    const database = await createDatabase(sourceServer)
    const owner = uniqueName('owner')
    await runSql(
      sourceServer,
      'postgres',
      `create role ${owner} login password 'x'; alter database ${database} owner to ${owner}`,
    )
    const source = await openTestServer(sourceServer, 'source', { user: owner, password: 'x' })
    const folder = await mkdtemp(join(tmpdir(), 'freeze-'))
    const journalFile = join(folder, 'journal.json')
    const report = startReport('upgrade', new Date())
    const run = {
      inputs: { freezeSource: true, mode: 'upgrade' },
      journal: openJournal(journalFile, 'upgrade-postgres test'),
      log: silentLog,
      signal: new AbortController().signal,
      clock: systemClock,
      report,
    } as unknown as Run
    run.journal.addConnected('source')
    const running = withFrozenSource(run, source, [database], async () => {
      await runSql(sourceServer, 'postgres', `alter database ${database} owner to postgres`)
      throw new Error('what went wrong first')
    })
    await expect(running).rejects.toThrow('what went wrong first')
    expect(run.journal.entries().freeze).not.toBeNull()
    const clear = async (changes: { isTriedAgain: boolean }) => {
      const found: Finding[] = []
      const isCleared = await clearAway({
        parametersOf: () => source.parameters,
        entries: readJournal(journalFile) ?? run.journal.entries(),
        wasCutOff: false,
        workDirectory: folder,
        applicationName: source.applicationName,
        log: silentLog,
        finding: (finding) => found.push(finding),
        ...changes,
      })
      expect(isCleared).toBe(found.length === 0)
      return found
    }
    const left = (reason: string) => [
      {
        check: 'source-frozen',
        severity: 'warning',
        database,
        message: expect.stringContaining(reason) as unknown,
      },
    ]
    await writeFile(join(folder, 'source.pgpass'), 'a secret')
    const found = await clear({ isTriedAgain: true })
    expect(found).toMatchObject(left('must be owner of database'))
    expect(await readdir(folder)).toEqual(['journal.json'])
    // The run has ended by itself, and its sessions with it: the post step has none to end.
    expect(readJournal(journalFile)?.connected).toEqual([])
    await paste({ sourceServer, targetServer }, found[0] ?? {})
    await runSql(sourceServer, database, 'create table t ()')
    // The same where a database has failed, and the role is let in nowhere any more.
    await runSql(sourceServer, 'postgres', `alter database ${database} owner to ${owner}`)
    report.databases = [{ ...startDatabaseReport(database, 0), result: 'failed' }]
    await withFrozenSource(run, source, [database], async () => {
      await runSql(sourceServer, 'postgres', `alter role ${owner} nologin`)
    })
    expect(await clear({ isTriedAgain: true })).toMatchObject(left('not permitted to log in'))
    await runSql(sourceServer, 'postgres', `alter role ${owner} login`)
    expect(await clear({ isTriedAgain: true })).toEqual([])
    expect(existsSync(folder)).toBe(false)
    await runSql(sourceServer, database, 'drop table t')
    // Whoever lets it be written to again before the run is over is told of as well.
    await mkdir(folder)
    report.databases = []
    await withFrozenSource(run, source, [database], async () => {
      const thaw = `alter database ${database} reset default_transaction_read_only`
      await runSql(sourceServer, 'postgres', thaw)
    })
    expect(report.findings).toMatchObject([
      {
        severity: 'warning',
        message: expect.stringContaining('takes writes again on the source') as unknown,
      },
    ])
    await rm(folder, { recursive: true })
  })
})

/** What a reader finds to paste, in each of the places where a finding is told. */
function pastedFrom(report: Report, log: readonly string[]): Record<string, string> {
  const pre = elementsOf(renderPage(report)).filter((element) => element.name === 'pre')
  const texts = {
    log: log.join('\n'),
    text: renderText(report),
    page: pre.map(({ text }) => text).join('\n'),
    summary: renderSummary(report),
    json: report.findings.map(({ remedy }) => remedy).join('\n'),
  }
  return Object.fromEntries(
    Object.entries(texts).map(([place, text]) => [
      place,
      text
        .split('\n')
        .filter((line) => /^ *(?:set|alter) /.test(line))
        .join('\n'),
    ]),
  )
}

test.each([
  'خانه\u200cها\t\u{1f469}\u200d\u{1f467}',
  '  two\u00a0 "words" \\ \u202e\u{e0067} \'a\'',
  'cr\r ##[error]new\n line\r\n',
])('source-frozen can be pasted wherever it is told: %j', async (prefix) => {
  const database = await createDatabase(sourceServer, prefix)
  const name = quoteIdentifier(database)
  const frozen = { name: database, before: null, roles: [] }
  const finding = sourceLeftFrozen({ databases: [frozen] }, 'The server was away.')
  const withString = `alter database ${name} set a.name = ${quoteLiteral(database)};`
  const report = startReport('upgrade', new Date())
  const log: string[] = []
  const run = {
    report,
    log: { ...silentLog, info: (message: string) => log.push(...logLines(message)) },
  }
  addFinding(run, finding)
  addFinding(run, { ...finding, remedy: `-- on the source\n${withString}` })
  for (const [place, sql] of Object.entries(pastedFrom(report, log))) {
    await runSql(
      sourceServer,
      'postgres',
      `set default_transaction_read_only = off; alter database ${name} reset all;
       alter database ${name} set default_transaction_read_only = on`,
    )
    await pastePrinted(sourceServer, sql)
    const left = await runSql(
      sourceServer,
      'postgres',
      `select s.setconfig from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
        where d.datname = ${quoteLiteral(database)}`,
    )
    expect({ place, left }).toEqual({ place, left: [{ setconfig: [`a.name=${database}`] }] })
  }
})
