/** The story of one nasty source: everything is found, refused and settled, then moved to 18 and to an administrator who is no superuser. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { serverInputs } from './action-inputs.js'
import { tableHashes } from './independent-check.js'
import { keysOf, startNastySource, type NastySource } from './nasty-source.js'
import { runAction, type ActionRun } from './runner.js'
import { fingerprint } from './server-fingerprint.js'
import { startServer, type TestServer } from './servers.js'

export interface NastyCase {
  readonly from: number
  readonly method: string
  /** Whether the mode upgrade is seen to refuse it as the mode check does. */
  readonly isRefused?: boolean
}

function errorsOf(run: ActionRun): string[] {
  return run.commands.filter(({ name }) => name === 'error').map(({ message }) => message)
}

/** Registers the tests of one source. */
export function tellNastyStory({ from, method, isRefused = false }: NastyCase): void {
  describe(`a nasty ${from}`, () => {
    let source: NastySource
    let target: TestServer

    beforeAll(async () => {
      ;[source, target] = await Promise.all([startNastySource(from), startServer(18)])
    })

    afterAll(async () => {
      await Promise.all([source.server.stop(), target.stop()])
    })

    const pairing = { to: 18, administrator: false, moving: false }
    let checked: ActionRun

    it('is found out by mode check, which touches nothing', async () => {
      const before = [await fingerprint(source.server), await fingerprint(target)]
      checked = await runAction({ ...serverInputs(source.server, target), mode: 'check' })
      const found = keysOf(checked.report?.findings ?? [], source.database)
      expect(found).toEqual(source.announced(pairing))
      expect(checked.exitCode).toBe(1)
      if (isRefused) {
        const refused = await runAction(serverInputs(source.server, target))
        expect(refused.report?.findings).toEqual(checked.report?.findings)
        expect(refused.exitCode).toBe(1)
      }
      expect([await fingerprint(source.server), await fingerprint(target)]).toEqual(before)
    })

    it(`arrives on 18 by ${method} once what blocks is settled, and every other finding is true`, async () => {
      if (checked.report === undefined) throw new Error('There is no report of the check.')
      await source.settle(checked.report, pairing)
      const run = await runAction({
        ...serverInputs(source.server, target),
        method,
        jobs: '2',
        validate: 'checksums',
      })
      expect(errorsOf(run)).toEqual([])
      expect(keysOf(run.report?.findings ?? [], source.database)).toEqual(
        source.announced({ ...pairing, moving: true }),
      )
      expect(run.report?.databases.map(({ result, differences }) => [result, differences])).toEqual(
        run.report?.databases.map(() => ['passed', []]),
      )
      expect(run.exitCode).toBe(0)
      const { database } = source
      const { '"public"."joined"': announcedAsLost, ...carried } = await tableHashes({
        server: source.server,
        database,
      })
      expect(announcedAsLost).toBeDefined()
      expect(await tableHashes({ server: target, database })).toEqual(carried)
    })
  })
}
