/** Template databases are moved by name, and stay templates. */
import { afterEach, expect, test } from '@jest/globals'
import type { Report } from '../../../src/report/report.js'
import { connectionParameters, runSql, sharedServer, uniqueName } from '../../support/servers.js'
import { runUpgrade, type UpgradeInputs } from '../../support/upgrade-run.js'

const source = await sharedServer(12)
const target = await sharedServer(18)
const created: string[] = []

async function createTemplate(server: typeof source, name: string, sql: string): Promise<void> {
  created.push(name)
  await runSql(server, 'postgres', `create database ${name} template template0`)
  await runSql(server, name, sql)
  await runSql(server, 'postgres', `alter database ${name} is_template true`)
}

afterEach(async () => {
  for (const name of created.splice(0)) {
    for (const server of [source, target]) {
      await runSql(
        server,
        'postgres',
        `update pg_database set datistemplate = false where datname = '${name}'`,
      )
      await runSql(server, 'postgres', `drop database if exists ${name}`)
    }
  }
})

function move(databases: string[], more: Partial<UpgradeInputs> = {}): Promise<Report> {
  return runUpgrade({
    source: connectionParameters(source),
    target: connectionParameters(target),
    databases,
    roles: 'skip',
    method: 'stream',
    ...more,
  })
}

const isTemplate = (name: string) =>
  runSql(target, 'postgres', `select datistemplate from pg_database where datname = '${name}'`)

test('a template that is named arrives as a template', async () => {
  const name = uniqueName('tmpl')
  await createTemplate(source, name, 'create table t as select 1 as a')
  expect(await move([name])).toMatchObject({ result: 'passed', databases: [{ name }] })
  expect(await isTemplate(name)).toEqual([{ datistemplate: true }])
  expect(await runSql(target, name, 'select a from t')).toEqual([{ a: 1 }])
})

test('a template of the target gives its place to the one that is moved', async () => {
  const name = uniqueName('tmpl')
  await createTemplate(source, name, 'create table t as select 1 as a')
  await createTemplate(target, name, 'create table old ()')
  const report = await move([name], { existingDatabase: 'replace' })
  expect(report).toMatchObject({ result: 'passed', databases: [{ name }] })
  expect(await isTemplate(name)).toEqual([{ datistemplate: true }])
  expect(await runSql(target, name, `select to_regclass('old') as old`)).toEqual([{ old: null }])
})

test.each(['check', 'plan', 'rehearse', 'upgrade', 'validate'] as const)(
  'a choice that leaves nothing ends the run in mode %s',
  async (mode) => {
    const name = uniqueName('tmpl')
    await createTemplate(source, name, '')
    const report = await move([name], {
      mode,
      excludeDatabases: { items: ['tmpl*'], areNames: false },
    })
    expect(report).toMatchObject({
      result: 'failed',
      error: { code: 'no-database-chosen' },
      databases: [],
    })
  },
)

test('what is to be left out and is not there is told, and the rest moved', async () => {
  const name = uniqueName('tmpl')
  await createTemplate(source, name, '')
  const excludeDatabases = { items: [`${name}_old*`, name.toUpperCase()], areNames: true }
  const report = await move([name], { excludeDatabases })
  expect(report).toMatchObject({ result: 'passed', databases: [{ name }] })
  expect(report.findings.filter(({ check }) => check === 'database-missing')).toEqual(
    excludeDatabases.items.map((object) =>
      expect.objectContaining({ severity: 'warning', object }),
    ),
  )
})

test('a name that stands for what no target can be given ends the run', async () => {
  expect(await move(['template1', 'postgres'])).toMatchObject({
    result: 'failed',
    error: {
      code: 'database-not-movable',
      message: expect.stringContaining('names "template1", which'),
    },
    databases: [],
  })
})
