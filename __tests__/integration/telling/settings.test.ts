/** Applications keep secrets in parameters of their own; what is told of such a setting is its name. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import type { Mode, Report } from '../../../src/report/report.js'
import {
  connectionParameters,
  createDatabase,
  runSql,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

describe('settings of an application, moved by an administrator', () => {
  let source: TestServer
  let target: TestServer
  let database: string

  beforeAll(async () => {
    // Servers of their own: the setting of all roles is everybody's.
    source = await startServer(14)
    target = await startServer(17)
    database = await createDatabase(source, 'shop')
    await runSql(
      source,
      'postgres',
      `create role app;
       alter database "${database}" set "app.jwt_secret" = 'S3cretOfDatabase';
       alter role app set "app.key" = 'S3cretOfRole';
       alter role app in database "${database}" set "app.key" = 'S3cretOfRoleThere';
       alter role all set "app.key" = 'S3cretOfAll'`,
    )
    await runSql(
      target,
      'postgres',
      `create role administrator login createdb createrole password 'x'`,
    )
  })

  afterAll(async () => {
    await Promise.all([source.stop(), target.stop()])
  })

  async function run(mode: Mode): Promise<{ report: Report; said: string }> {
    const lines: string[] = []
    const line = (text: string) => {
      lines.push(text)
    }
    const report = await runUpgrade(
      {
        source: connectionParameters(source),
        target: { ...connectionParameters(target), user: 'administrator', password: 'x' },
        mode,
        databases: [database],
      },
      undefined,
      { log: { ...silentLog, info: line, notice: line, warning: line, error: line, debug: line } },
    )
    return { report, said: `${JSON.stringify(report)}\n${lines.join('\n')}` }
  }

  it('are told without their values, and with a remedy that asks for the value', async () => {
    const { report, said } = await run('upgrade')
    expect(report).toMatchObject({ error: null, result: 'passed' })
    expect(said).not.toContain('S3cret')
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        check: 'database-property-skipped',
        object: 'setting app.jwt_secret',
        remedy: `-- on the target, as an administrator who may
-- in place of the dots, the value that it has on the source
alter database "${database}" set "app.jwt_secret" to '…';`,
      }),
    )
    expect(
      report.findings
        .filter(({ check }) => check === 'setting-unknown')
        .map(({ message }) => message.split(' cannot be made')[0]),
    ).toEqual([
      `The setting app.key of the role "app" in the database "${database}"`,
      `The setting app.jwt_secret of the database "${database}"`,
      'The setting app.key of the role "app"',
      'The setting app.key of all roles',
    ])
  })

  it('are told without their values where they differ', async () => {
    await runSql(
      target,
      'postgres',
      `alter database "${database}" set "app.jwt_secret" = 'S3cretOfTarget'`,
    )
    const { report, said } = await run('validate')
    expect(report.result).toBe('failed')
    expect(report.databases[0]?.differences).toContainEqual(
      expect.objectContaining({ kind: 'database setting', object: JSON.stringify(database) }),
    )
    expect(said).not.toContain('S3cret')
  })

  it('are told without their values where a function has them', async () => {
    await runSql(
      source,
      database,
      `create function f() returns int language sql set "app.key" = 'S3cretOfFunction' as 'select 1'`,
    )
    const { report, said } = await run('check')
    expect(report.findings).toContainEqual(
      expect.objectContaining({ check: 'function-setting-unknown', object: 'public.f()' }),
    )
    expect(said).not.toContain('S3cret')
  })
})
