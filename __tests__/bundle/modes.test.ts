import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
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
      expect(run.report).toMatchObject({
        mode: 'check',
        result: 'passed',
        databases: [{ name: 'shop', result: 'passed', method: null, tables: [] }],
      })
      expect(JSON.parse(run.outputs['databases'] ?? '')).toMatchObject([{ name: 'shop' }])
      expect(run.summary).toMatch(/1 database looked at/)
      expect(run.summary).toMatch(/^## /)
    })
  })

  it('check takes no other driver because of what the job was told for one of its own', async () => {
    const environment = { NODE_PG_FORCE_NATIVE: '1' }
    const run = await runAction({ ...inputs, mode: 'check' }, { environment })
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: '' })
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

  it('rehearsals are remembered in the file that history names', async () => {
    const history = join(await mkdtemp(join(tmpdir(), 'history-')), 'history.json')
    const first = await runAction({ ...inputs, mode: 'rehearse', history })
    expect(first.report?.history?.runs).toHaveLength(1)
    const second = await runAction({ ...inputs, mode: 'rehearse', history })
    expect(second.report?.history?.runs).toHaveLength(2)
    expect(second.summary).toMatch(/[Ff]orecast/)
    await rm(dirname(history), { recursive: true })
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

  const isFrozen = async () => {
    const [row] = await runSql<{ frozen: string }>(
      source,
      'shop',
      `select current_setting('default_transaction_read_only') as frozen`,
    )
    return row?.frozen === 'on'
  }

  it('a frozen source is released when the run fails', async () => {
    const before = await fingerprint(source)
    const run = await runAction({
      ...inputs,
      'freeze-source': 'true',
      'validation-queries': 'select 1 / count(*) from t where false',
    })
    expect(run.exitCode).toBe(1)
    expect(run.stdout).toMatch(/read-only on the source/)
    expect(await fingerprint(source)).toEqual(before)
  })

  it('a frozen source is released by the post step when the run is killed', async () => {
    const before = await fingerprint(source)
    const action = await startAction({ ...inputs, 'freeze-source': 'true', method: 'stream' })
    await action.prints(/^Method /m)
    expect(await isFrozen()).toBe(true)
    action.signal('SIGKILL')
    await runPost(await action.finished)
    expect(await fingerprint(source)).toEqual(before)
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
    expect(run.report?.findings).toContainEqual(
      expect.objectContaining({
        check: 'database-missing',
        database: 'shop',
        message: expect.stringContaining('renamed or dropped there, or never moved') as unknown,
        remedy: expect.stringContaining('give it its name again on the target') as unknown,
      }),
    )
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

  it('a source stays frozen after an upgrade that has passed, and its target is not', async () => {
    const run = await runAction({
      ...inputs,
      'freeze-source': 'true',
      'existing-database': 'replace',
      validate: 'checksums',
    })
    expect(run.commands.filter(({ name }) => name === 'error')).toEqual([])
    expect(run.exitCode).toBe(0)
    expect(await isFrozen()).toBe(true)
    await runSql(target, 'shop', `insert into t (note) values ('first on the target')`)
    await runSql(source, 'postgres', 'alter database shop reset default_transaction_read_only')
  })
})
