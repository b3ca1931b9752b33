/** What is told when a run is killed behind a publication, while the database that was replaced is still being dropped. */
import { afterAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { serverInputs } from '../support/action-inputs.js'
import { runPost, startAction } from '../support/runner.js'
import { createDatabase, runSql, sharedServer, startServer } from '../support/servers.js'
import { settled } from '../support/settled.js'

const source = await sharedServer(13)
const target = await startServer(18)
afterAll(() => target.stop())

test('the post step names the frozen database as published, and says of the replaced one alone that it was dropped', async () => {
  const name = await createDatabase(source, 'moved')
  await runSql(source, name, 'create table t as select 1 as a')
  await runSql(target, 'postgres', `create database "${name}"`)
  await runSql(target, name, 'create table old ()')
  const holder = new pg.Client(target.url('postgres'))
  await holder.connect()
  // DROP DATABASE takes the security labels along.
  await holder.query('begin; lock table pg_catalog.pg_shseclabel in access exclusive mode')
  const action = await startAction({
    ...serverInputs(source, target),
    databases: name,
    'existing-database': 'replace',
    'freeze-source': 'true',
    method: 'copy',
    roles: 'skip',
  })
  const dropping = await settled(
    () =>
      runSql<{ pid: number; name: string }>(
        target,
        'postgres',
        `select pid, substring(query from '"(upgrade_postgres_[^"]*)_old"') as name from pg_stat_activity
          where query like 'drop database%' and wait_event_type = 'Lock'`,
      ),
    (rows) => rows.length > 0,
  )
  action.signal('SIGKILL')
  const cleared = runPost(await action.finished)
  const { pid, name: staging } = dropping[0] ?? { pid: 0, name: 'none' }
  // Not before the post step has ended it: the server would go on with what the killed run had asked for.
  await settled(
    () => runSql(target, 'postgres', `select from pg_stat_activity where pid = ${pid}`),
    (rows) => rows.length === 0,
  )
  await holder.end()
  const { commands, stdout } = await cleared
  const warnings = commands.filter((command) => command.name === 'warning')
  expect(warnings.map(({ message }) => message)).toContainEqual(
    expect.stringContaining(`source-frozen: The database "${name}" was published on the target`),
  )
  expect(stdout).toContain(`Dropped staging database ${staging}_old.`)
  expect(stdout).not.toContain(`Dropped staging database ${staging}.`)
  expect(await runSql(target, name, 'select a from t')).toEqual([{ a: 1 }])
})
