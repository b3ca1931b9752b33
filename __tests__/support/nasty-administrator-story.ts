/** The story of one nasty source that is moved to an administrator who is no superuser: everything is told beforehand, and nothing is lost untold. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { serverInputs, type Inputs } from './action-inputs.js'
import { keysOf, startNastySource, type NastySource } from './nasty-source.js'
import { differing, rightsIn, rightsOf } from './rights.js'
import { runAction, type ActionRun } from './runner.js'
import { fingerprint } from './server-fingerprint.js'
import { runSql, startServer, type TestServer } from './servers.js'
import { untold } from './told-rights.js'

export interface AdministratorCase {
  readonly from: number
  readonly to: number
  readonly method: string
  /** The major of the tools, where there are none of the target's. */
  readonly tools?: number
  /** The source is read by a role with pg_read_all_data, which 14 brought. */
  readonly byReader?: boolean
}

const reader = { name: 'upgrader', password: 'secret of upgrader' }
const administrator = { name: 'boss', password: 'secret of boss' }

/** Registers the tests of one source and one target. */
export function tellAdministratorStory(told: AdministratorCase): void {
  const { from, to, method, tools = to, byReader = false } = told
  describe(`a nasty ${from} on a ${to} whose administrator has CREATEDB and CREATEROLE only`, () => {
    const pairing = { to, administrator: true, byReader, moving: false }
    let source: NastySource
    let target: TestServer
    let inputs: Inputs
    let checked: ActionRun
    let moved: ActionRun

    beforeAll(async () => {
      ;[source, target] = await Promise.all([startNastySource(from), startServer(to)])
      await runSql(
        target,
        'postgres',
        `create role ${administrator.name} login createdb createrole password '${administrator.password}'`,
      )
      inputs = {
        ...serverInputs(source.server, target),
        'target-url': urlOf(administrator.name, target),
        'target-password': administrator.password,
      }
      if (!byReader) return
      await createReader(source)
      inputs = {
        ...inputs,
        'source-url': urlOf(reader.name, source.server),
        'source-password': reader.password,
      }
    })

    afterAll(async () => {
      await Promise.all([source.server.stop(), target.stop()])
    })

    it('is found out by mode check, which touches nothing', async () => {
      const before = await fingerprint(target)
      checked = await runAction({ ...inputs, mode: 'check' })
      expect(keysOf(checked.report?.findings ?? [], source.database)).toEqual(
        source.announced(pairing),
      )
      expect(checked.exitCode).toBe(1)
      expect(await fingerprint(target)).toEqual(before)
    })

    it(`arrives by ${method} once what blocks is settled, and every other finding is true`, async () => {
      if (checked.report === undefined) throw new Error('There is no report of the check.')
      await source.settle(checked.report, pairing)
      moved = await runAction({
        ...inputs,
        method,
        jobs: '2',
        validate: 'checksums',
        'client-version': String(tools),
      })
      expect(moved.report?.databases.map(outcomeOf)).toEqual(
        moved.report?.databases.map(({ name }) => ({ name, result: 'passed', error: null })),
      )
      expect(moved.exitCode).toBe(0)
      expect(keysOf(moved.report?.findings ?? [], source.database)).toEqual(
        source.announced({ ...pairing, moving: true }),
      )
    })

    it('has its owners, privileges, memberships and settings, or a finding that names what it has not', async () => {
      const findings = moved.report?.findings ?? []
      const ofServer = differing(await rightsOf(source.server), await rightsOf(target))
      expect(untold(ofServer, findings, administrator.name)).toEqual([])
      for (const { name } of moved.report?.databases ?? []) {
        const ofDatabase = differing(
          await rightsIn(source.server, name),
          await rightsIn(target, name),
        )
        const about = findings.filter(({ database }) => database === undefined || database === name)
        expect(untold(ofDatabase, about, administrator.name)).toEqual([])
      }
    })
  })
}

function urlOf(role: string, { host, port }: TestServer): string {
  return `postgresql://${role}@${host}:${port}/postgres`
}

async function createReader({ server, database }: NastySource): Promise<void> {
  await runSql(
    server,
    'postgres',
    `create role ${reader.name} login password '${reader.password}';
     grant pg_read_all_data to ${reader.name};
     grant connect on database ${database} to ${reader.name}`,
  )
}

type DatabaseReport = NonNullable<ActionRun['report']>['databases'][number]

function outcomeOf({ name, result, differences, error }: DatabaseReport) {
  return differences.length > 0 ? { name, differences } : { name, result, error }
}
