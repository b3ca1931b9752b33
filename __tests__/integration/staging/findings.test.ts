/** What a target does otherwise than the source when a database is created, analyzed and published. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Finding } from '../../../src/report/report.js'
import type { Server } from '../../../src/server/index.js'
import {
  analyzeDatabase,
  createStagingDatabase,
  dropStagingDatabase,
  localeFindings,
  publishDatabase,
  readProperties,
  stagingPrefix,
  type DatabaseProperties,
} from '../../../src/staging/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
  type TestServer,
} from '../../support/servers.js'
import { paste, type Sides } from '../check/remedy.js'

let server: TestServer
let superuser: Server
let administrator: Server
let properties: DatabaseProperties
let oneServer: Sides
const user = uniqueName('admin')
beforeAll(async () => {
  server = await sharedServer(16)
  oneServer = { sourceServer: server, targetServer: server }
  await runSql(
    server,
    'postgres',
    `create role ${user} login createdb createrole password 'secret'`,
  )
  superuser = await openTestServer(server, 'target')
  administrator = await openTestServer(server, 'target', { user, password: 'secret' })
  const database = await createDatabase(server)
  properties = await superuser.withSession(undefined, (session) =>
    readProperties(session, database, 16),
  )
})

test('a database that has been renamed or dropped meanwhile is told as missing', async () => {
  const reading = superuser.withSession(undefined, (session) =>
    readProperties(session, uniqueName('gone'), 16),
  )
  await expect(reading).rejects.toMatchObject({
    code: 'database-missing',
    side: 'target',
    hint: expect.stringContaining('renamed or dropped'),
  })
})

describe('locale-renamed', () => {
  const staging: string[] = []
  afterAll(async () => {
    for (const name of staging) await dropStagingDatabase(superuser, name)
  })

  const createdWith = async (locale: string): Promise<Finding[]> => {
    const name = uniqueName(stagingPrefix)
    staging.push(name)
    const wanted = { ...properties, collate: locale, ctype: locale }
    return localeFindings('shop', wanted, await createStagingDatabase(superuser, name, wanted, []))
  }

  test('is noted where the target spells the locale otherwise', async () => {
    const findings = await createdWith('C.65001')
    expect(findings).toEqual([
      expect.objectContaining({
        check: 'locale-renamed',
        severity: 'note',
        database: 'shop',
        message: expect.stringMatching(/"C\.65001" .* as "C\.(?:UTF-8|utf8)"/),
      }),
    ])
  })

  test('is not found where it has the very name', async () => {
    expect(await createdWith('C')).toEqual([])
  })
})

describe('analyze-skipped', () => {
  const analyzed = async (target: Server): Promise<Finding[]> => {
    const database = await createDatabase(server)
    await runSql(server, database, `create table t as select 1 as a; grant select on t to ${user}`)
    const findings: Finding[] = []
    await analyzeDatabase({
      target,
      database,
      name: 'shop',
      jobs: 2,
      signal: new AbortController().signal,
      onTable: () => undefined,
      finding: (finding) => findings.push(finding),
    })
    return findings
  }

  test('warns of a table that the role may not analyze, even where the role hides warnings', async () => {
    await runSql(server, 'postgres', `alter role ${user} set client_min_messages = 'error'`)
    const findings = await analyzed(administrator)
    expect(findings).toEqual([
      expect.objectContaining({
        check: 'analyze-skipped',
        severity: 'warning',
        database: 'shop',
        message: expect.stringContaining('permission denied to analyze "t"'),
      }),
    ])
    const database = await createDatabase(server)
    await runSql(server, database, 'create table t as select 1 as a')
    for (const finding of findings) await paste(oneServer, { ...finding, database })
    expect(
      await runSql(server, database, 'select attname::text from pg_stats where tablename = $$t$$'),
    ).toEqual([{ attname: 'a' }])
  })

  test('is not found for a superuser', async () => {
    expect(await analyzed(superuser)).toEqual([])
  })
})

describe('database-property-skipped', () => {
  const published = async (target: Server, changes: Partial<DatabaseProperties> = {}) => {
    const stagingDatabase = uniqueName(stagingPrefix)
    const name = uniqueName('published')
    const wanted: DatabaseProperties = {
      ...properties,
      owner: user,
      privileges: properties.privileges.map((privilege) => ({
        ...privilege,
        grantor: user,
        grantee: privilege.grantee === properties.owner ? user : privilege.grantee,
      })),
      settings: [
        { role: null, name: 'log_min_duration_statement', value: '100' },
        { role: null, name: 'work_mem', value: '8MB' },
      ],
      ...changes,
    }
    await createStagingDatabase(target, stagingDatabase, wanted, [])
    const findings: Finding[] = []
    const { differences } = await publishDatabase({
      target,
      stagingDatabase,
      name,
      properties: wanted,
      existingDatabase: 'refuse',
      setAside: uniqueName(stagingPrefix),
      rehearsal: false,
      finding: (finding) => findings.push(finding),
      onSetAside: () => undefined,
      onPublished: () => undefined,
      onSettled: () => undefined,
      beforeCommit: () => Promise.resolve(),
    })
    expect(differences).toEqual([])
    return { name, findings }
  }

  const readSettings = (name: string) =>
    runSql(
      server,
      'postgres',
      `select unnest(setconfig) as setting from pg_db_role_setting
        where setdatabase = (select oid from pg_database where datname = '${name}') order by 1`,
    )
  const everySetting = [{ setting: 'log_min_duration_statement=100' }, { setting: 'work_mem=8MB' }]

  test('warns of a setting that only a superuser may give, with a remedy that works', async () => {
    const { name, findings } = await published(administrator)
    expect(findings).toEqual([
      expect.objectContaining({
        check: 'database-property-skipped',
        severity: 'warning',
        object: 'setting log_min_duration_statement',
      }),
    ])
    for (const finding of findings) await paste(oneServer, finding)
    expect(await readSettings(name)).toEqual(everySetting)
  })

  test('leaves out libraries that the target cannot load: nobody could connect to the database', async () => {
    const preload = { role: null, name: 'session_preload_libraries' }
    const missing = { ...preload, value: 'auto_explain, "no such library"' }
    const { name, findings } = await published(superuser, { settings: [missing] })
    expect(findings).toEqual([
      expect.objectContaining({
        check: 'database-property-skipped',
        object: 'setting session_preload_libraries',
        message: expect.stringContaining('could not access file "no such library"'),
        remedy: expect.stringContaining('once it has what is missing'),
      }),
    ])
    expect(await readSettings(name)).toEqual([])
    const loadable = { ...preload, value: 'auto_explain' }
    const loaded = await published(superuser, { settings: [loadable] })
    expect(loaded.findings).toEqual([])
    expect(await runSql(server, loaded.name, 'show auto_explain.log_format')).toHaveLength(1)
  })

  test('has remedies that leave everybody what the source grants, whoever the owner is', async () => {
    const owner = uniqueName('late owner')
    const { name, findings } = await published(administrator, {
      owner,
      settings: [],
      privileges: ['CONNECT', 'TEMPORARY'].flatMap((privilege) =>
        [null, owner].map((grantee) => ({
          grantor: owner,
          grantee,
          privilege,
          isGrantable: false,
        })),
      ),
    })
    expect(findings.map(({ object }) => object)).toEqual(['owner', `privileges for ${owner}`])
    await runSql(server, 'postgres', `create role "${owner}"`)
    for (const finding of findings) await paste(oneServer, finding)
    const granted = await runSql(
      server,
      'postgres',
      `select datacl::text[] as acl from pg_database where datname = '${name}'`,
    )
    expect(granted).toEqual([{ acl: [`=Tc/"${owner}"`, `"${owner}"=Tc/"${owner}"`] }])
  })

  test('is not found for a superuser', async () => {
    const { name, findings } = await published(superuser)
    expect(findings).toEqual([])
    expect(await readSettings(name)).toEqual(everySetting)
  })
})
