/** The checks of several databases run side by side; what they find does not show it. */
import { EventEmitter, once } from 'node:events'
import { tmpdir } from 'node:os'
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Check, DatabaseContext, Found } from '../../../src/check/check.js'
import { runChecks } from '../../../src/check/index.js'
import { ConnectionError } from '../../../src/errors.js'
import { silentLog } from '../../../src/log.js'
import type { Server } from '../../../src/server/index.js'
import { createDatabase } from '../../support/servers.js'
import { openPair, type Pair } from './pair.js'

let pair: Pair
let databases: readonly string[]
beforeAll(async () => {
  pair = await openPair(13, 18)
  const created: string[] = []
  for (let count = 0; count < 4; count += 1) created.push(await createDatabase(pair.sourceServer))
  databases = created.toSorted()
})

/** The server, with the number of sessions that were opened on it, and of those that still are. */
function counting(server: Server) {
  const sessions = { opened: 0, open: 0 }
  const connect: Server['connect'] = async (...parameters) => {
    const session = await server.connect(...parameters)
    sessions.opened += 1
    sessions.open += 1
    const close = async () => {
      sessions.open -= 1
      await session.close()
    }
    return { ...session, close }
  }
  return { server: { ...server, connect }, sessions }
}

/** Runs one check of a database, behind what the servers' checks have found. */
async function findingsOf(
  run: (context: DatabaseContext) => Promise<readonly Found[]>,
  ofServers: readonly Check[] = [],
) {
  const [source, target] = [counting(pair.source), counting(pair.target)]
  const kind = { name: 'extension-missing', subject: 'nothing', worst: 'note' } as const
  const findings = runChecks(
    {
      source: source.server,
      target: target.server,
      databases,
      existingDatabase: 'refuse',
      isPublished: true,
      method: 'stream',
      jobs: 2,
      dumpDirectory: tmpdir(),
      roles: 'auto',
      freezeSource: false,
      log: silentLog,
      signal: new AbortController().signal,
    },
    [...ofServers, { ...kind, scope: 'database', run }],
  )
  const [ended] = await Promise.allSettled([findings])
  expect([source.sessions.open, target.sessions.open]).toEqual([0, 0])
  return { ...ended, sessionsOnTarget: target.sessions.opened }
}

const note = (message: string): Found => ({ severity: 'note', message, remedy: '' })

describe('with two jobs', () => {
  test('a database that takes long keeps no other waiting, and is told in its place', async () => {
    const turns = new EventEmitter()
    const lastIsChecked = once(turns, 'last')
    const sessions = new Map<string, readonly number[]>()
    const ended = await findingsOf(async (context) => {
      const { database, sourceSession, maintenanceSession, targetSession } = context
      sessions.set(
        database,
        [sourceSession, maintenanceSession, targetSession].map(({ processId }) => processId),
      )
      if (database === databases[0]) await lastIsChecked
      if (database === databases[3]) turns.emit('last')
      return [note(sourceSession.database)]
    })
    expect(ended).toMatchObject({
      value: databases.map((database) => ({ database, message: database })),
    })
    const [ofFirst = [], ...ofOthers] = databases.map((database) => sessions.get(database) ?? [])
    expect(ofOthers.flat().filter((processId) => ofFirst.includes(processId))).toEqual([])
  })

  test('one comes after the other where connections are short', async () => {
    const short: Check = {
      name: 'connections',
      scope: 'server',
      subject: 'the free connections',
      worst: 'blocking',
      run: () => Promise.resolve([{ ...note('too few'), severity: 'blocking' }]),
    }
    const alone = await findingsOf(() => Promise.resolve([]), [short])
    expect(alone).toMatchObject({ value: [{ check: 'connections' }], sessionsOnTarget: 1 })
    const together = await findingsOf(() => Promise.resolve([]))
    expect(together).toMatchObject({ value: [], sessionsOnTarget: 2 })
  })

  test('a connection that is lost ends all, and all are checked again', async () => {
    const checked: string[] = []
    let isLost = false
    const ended = await findingsOf(async ({ database, sourceSession }) => {
      checked.push(database)
      if (database === databases[0] && !isLost) {
        isLost = true
        throw new ConnectionError('It went away.', { code: 'connection-lost', side: 'source' })
      }
      while (!isLost) await sourceSession.query('select')
      return [note('checked')]
    })
    expect(ended).toMatchObject({ value: databases.map((database) => ({ database })) })
    const times = databases.map((each) => checked.filter((database) => database === each).length)
    expect(times.slice(2)).toEqual([1, 1])
  })
})
