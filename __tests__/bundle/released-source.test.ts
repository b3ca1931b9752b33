/** What is told when a run with `freeze-source` ends early, has published a database by then, and lets applications go on with the source. */
import { expect, test } from '@jest/globals'
import { serverInputs, type Inputs } from '../support/action-inputs.js'
import { runAction, runPost, startAction } from '../support/runner.js'
import { createDatabase, runSql, sharedServer } from '../support/servers.js'

const source = await sharedServer(13)
const target = await sharedServer(18)

/** Two frozen databases: one to be published, and one whose index does on the target what `statement` says. */
async function prepare(statement: string): Promise<{ moved: string; inputs: Inputs }> {
  const moved = await createDatabase(source, 'moved')
  const held = await createDatabase(source, 'held')
  await runSql(source, moved, 'create table t as select 1 as a')
  await runSql(
    source,
    held,
    `create function held(a int) returns int language plpgsql immutable as $$ begin
       if current_database() ~ '^upgrade_postgres_' then ${statement}; end if;
       return a;
     end $$;
     create table t as select 1 as a;
     create index on t (held(a))`,
  )
  const inputs = {
    ...serverInputs(source, target),
    databases: `${moved}, ${held}`,
    'freeze-source': 'true',
    jobs: '2',
    method: 'copy',
    roles: 'skip',
  }
  return { moved, inputs }
}

const released = (moved: string) =>
  `source-frozen: The database "${moved}" was published on the target before this run failed or was cancelled`

/** The one warning of the report, and that the source takes writes. */
async function expectTold(run: Awaited<ReturnType<typeof runAction>>, moved: string) {
  expect(run.report?.findings.filter(({ check }) => check === 'source-frozen')).toMatchObject([
    {
      severity: 'warning',
      database: moved,
      message: expect.stringContaining('is not on the target') as unknown,
      remedy: expect.stringContaining('"existing-database" to "replace"') as unknown,
    },
  ])
  expect(run.summary).toContain('is to take writes again on the source')
  await runSql(source, moved, 'insert into t values (2)')
}

test('a run that fails names in its report what it has published and releases on the source', async () => {
  const { moved, inputs } = await prepare('perform 1 / 0')
  const run = await runAction(inputs)
  expect(run.exitCode).toBe(1)
  await expectTold(run, moved)
})

test('a run that is cancelled names it in its report as well, before it releases it', async () => {
  const { moved, inputs } = await prepare('perform pg_sleep(600)')
  const action = await startAction(inputs)
  await action.prints(new RegExp(`${moved}: .*published`))
  const run = await action.cancel()
  expect(run.outputs['error-code']).toBe('cancelled')
  await expectTold(run, moved)
})

test('the post step of a run that is killed names it in the log, and releases it', async () => {
  const { moved, inputs } = await prepare('perform pg_sleep(600)')
  const action = await startAction(inputs)
  await action.prints(new RegExp(`${moved}: .*published`))
  action.signal('SIGKILL')
  const post = await runPost(await action.finished)
  const warnings = post.commands.filter(({ name }) => name === 'warning')
  expect(warnings.map(({ message }) => message)).toContainEqual(
    expect.stringContaining(released(moved)),
  )
  await runSql(source, moved, 'insert into t values (2)')
})
