/** The freeze of a database that its owner had made read-only, while a role of it may write. */
import { expect, test } from '@jest/globals'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  uniqueName,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'
import { paste } from '../check/remedy.js'

const sourceServer = await sharedServer(13)
const targetServer = await sharedServer(17)

/** The setting of the database itself, null where it has none, and that of the role in it. */
async function readSettings(database: string, role: string) {
  const rows = await runSql<{ role: string; value: string }>(
    sourceServer,
    'postgres',
    `select setrole::regrole::text as role, split_part(setconfig[1], '=', 2) as value from pg_db_role_setting
      where setdatabase = (select oid from pg_database where datname = '${database}')`,
  )
  const valueOf = (wanted: string) => rows.find((row) => row.role === wanted)?.value ?? null
  return { own: valueOf('-'), role: valueOf(role) }
}

test('the way back is told beside the warning of it, frees what the freeze has changed, and leaves the rest', async () => {
  const database = await createDatabase(sourceServer)
  const role = uniqueName('app')
  for (const server of [sourceServer, targetServer])
    await runSql(server, 'postgres', `create role ${role}`)
  await runSql(
    sourceServer,
    database,
    `create table t as select 1 as a;
     alter role ${role} in database ${database} set default_transaction_read_only = off;
     alter database ${database} set default_transaction_read_only = on`,
  )
  const report = await runUpgrade({
    source: connectionParameters(sourceServer),
    target: connectionParameters(targetServer),
    databases: [database],
    roles: 'skip',
    freezeSource: true,
  })
  expect(report.result).toBe('passed')
  const findings = report.findings.filter(({ check }) => check === 'source-frozen')
  expect(findings.map(({ severity }) => severity)).toEqual(['warning', 'note'])
  const [warning = {}, note = {}] = findings
  expect(await readSettings(database, role)).toEqual({ own: 'on', role: 'ye' })
  await paste({ sourceServer, targetServer }, note)
  expect(await readSettings(database, role)).toEqual({ own: 'on', role: 'off' })
  // Whoever wants the database to take writes as well, pastes both, in any order.
  await paste({ sourceServer, targetServer }, warning)
  await paste({ sourceServer, targetServer }, note)
  expect(await readSettings(database, role)).toEqual({ own: null, role: 'off' })
})

test('there is no way back where the freeze has changed nothing', async () => {
  const database = await createDatabase(sourceServer)
  const readOnly = `alter database ${database} set default_transaction_read_only = on`
  await runSql(sourceServer, 'postgres', readOnly)
  const report = await runUpgrade({
    source: connectionParameters(sourceServer),
    target: connectionParameters(targetServer),
    databases: [database],
    roles: 'skip',
    freezeSource: true,
  })
  expect(report.result).toBe('passed')
  const findings = report.findings.filter(({ check }) => check === 'source-frozen')
  expect(findings).toMatchObject([{ severity: 'warning' }])
})
