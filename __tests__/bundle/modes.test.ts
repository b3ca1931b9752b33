import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { serverInputs, type Inputs } from '../support/action-inputs.js'
import { filesLeft, processesLeft } from '../support/leftovers.js'
import { runAction, runPost, startAction } from '../support/runner.js'
import { fingerprint } from '../support/server-fingerprint.js'
import { runSql, startServer, type TestServer } from '../support/servers.js'

describe('the modes', () => {
  let source: TestServer
  let target: TestServer
  let inputs: Inputs

  beforeAll(async () => {
    ;[source, target] = await Promise.all([startServer(11), startServer(18)])
    await runSql(
      source,
      'postgres',
      `create role "app owner"; create role reader login password 'reader-secret' in role "app owner"`,
    )
    await runSql(source, 'postgres', 'create database shop owner "app owner"')
    await runSql(
      source,
      'shop',
      `create table t (id serial primary key, note text);
       alter table t owner to "app owner"; grant select on t to reader;
       insert into t (note) select repeat(md5(i::text), 20) from generate_series(1, 60000) i;
       create index on t (note);
       comment on database shop is 'the shop'`,
    )
    inputs = serverInputs(source, target)
  })

  afterAll(async () => {
    await Promise.all([source.stop(), target.stop()])
  })

  async function unchanged(work: () => Promise<void>): Promise<void> {
    const before = [await fingerprint(source), await fingerprint(target)]
    await work()
    expect([await fingerprint(source), await fingerprint(target)]).toEqual(before)
  }

  it('check says what it found and touches nothing', async () => {
    await unchanged(async () => {
      const run = await runAction({ ...inputs, mode: 'check' })
      expect(run.exitCode).toBe(0)
      expect(run.report).toMatchObject({ mode: 'check', result: 'passed', databases: [] })
      expect(run.summary).toMatch(/^## /)
    })
  })

  it('rehearse tries everything and leaves both servers as they were', async () => {
    await unchanged(async () => {
      const run = await runAction({ ...inputs, mode: 'rehearse' })
      expect(run.commands.filter(({ name }) => name === 'error')).toEqual([])
      expect(run.exitCode).toBe(0)
      expect(run.report?.roles?.created).toEqual(['app owner', 'reader'])
      const [shop] = run.report?.databases ?? []
      expect(shop).toMatchObject({ name: 'shop', result: 'passed', differences: [] })
      expect(shop?.phases.map(({ name }) => name)).toContain('publish')
    })
  })

  it('a rehearsal that is cancelled leaves both servers as they were', async () => {
    await unchanged(async () => {
      const action = await startAction({ ...inputs, mode: 'rehearse', method: 'stream' })
      await action.prints(/^Method /m)
      const run = await action.cancel()
      await runPost(run)
      expect(run.exitCode).toBe(1)
      expect(await processesLeft(run)).toEqual([])
    })
  })

  it('a rehearsal that is killed is cleared away by the post step', async () => {
    await unchanged(async () => {
      const action = await startAction({ ...inputs, mode: 'rehearse', method: 'stream' })
      await action.prints(/^Method /m)
      action.signal('SIGKILL')
      const run = await action.finished
      await runPost(run)
      expect(await processesLeft(run)).toEqual([])
      const files = await filesLeft(run)
      expect(files.filter((file) => !file.startsWith('upgrade-postgres-report/'))).toEqual([])
    })
  })

  it('validate fails for a database that is not there', async () => {
    const run = await runAction({ ...inputs, mode: 'validate' })
    expect(run.exitCode).toBe(1)
    expect(run.report?.databases[0]?.differences).toContainEqual({
      kind: 'database',
      object: 'shop',
      source: 'present',
      target: null,
    })
  })

  it('validate passes after an upgrade, and names the table that has lost a row', async () => {
    const upgraded = await runAction(inputs)
    expect(upgraded.exitCode).toBe(0)
    const same = await runAction({ ...inputs, mode: 'validate' })
    expect(same.report?.databases[0]?.differences).toEqual([])
    expect(same.exitCode).toBe(0)
    await runSql(target, 'shop', 'delete from t where id = 77')
    const run = await runAction({ ...inputs, mode: 'validate' })
    expect(run.exitCode).toBe(1)
    expect(run.outputs['error-code']).toBe('validation-differences')
    expect(run.report?.databases[0]?.differences).toEqual([
      {
        kind: 'rows',
        object: expect.stringContaining('t') as unknown,
        source: '60000',
        target: '59999',
      },
    ])
  })
})
