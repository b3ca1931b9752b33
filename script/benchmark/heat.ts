/** One contender moves one database once, in this process; the result goes to the process that started it. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { silentLog } from '../../src/log.js'
import { exportSnapshot } from '../../src/server/index.js'
import { transfers } from '../../src/transfer/index.js'
import { openTestServer } from '../../__tests__/support/servers.js'
import type { Contender, Heat, HeatResult } from './contenders.js'
import { runPgcopydb } from './pgcopydb.js'
import { busySeconds, clientSeconds, serverSeconds } from './processor-time.js'

type Phases = Record<string, number>

/** When its time is up, the contender is cancelled; programs that it started have got the same signal. */
const controller = new AbortController()
process.on('SIGTERM', () => {
  controller.abort()
})

async function prepare(heat: Heat): Promise<(phases: Phases) => Promise<void>> {
  const { contender, pgcopydb } = heat
  if (contender !== 'pgcopydb') return prepareMethod(heat, contender)
  if (pgcopydb === null) throw new Error('pgcopydb was not found.')
  return () => runPgcopydb(heat, pgcopydb)
}

/** The snapshot is part of what a method takes, connecting for the first time is not. */
async function prepareMethod(
  heat: Heat,
  method: Exclude<Contender, 'pgcopydb'>,
): Promise<(phases: Phases) => Promise<void>> {
  const { tools, database, targetDatabase, jobs, folder, sslmode } = heat
  const source = await openTestServer(heat.source, 'source', { sslmode })
  const target = await openTestServer(heat.target, 'target', { sslmode })
  const passwordFile = async (side: 'source' | 'target') => {
    const file = join(folder, `${side}.pgpass`)
    await writeFile(file, `*:*:*:*:${heat[side].password}\n`, { mode: 0o600 })
    return file
  }
  const passwordFiles = {
    source: await passwordFile('source'),
    target: await passwordFile('target'),
  }
  return async (phases) => {
    const snapshot = await exportSnapshot(source, database)
    try {
      await transfers[method]({
        tools: { ...tools, path: (tool) => join(tools.directory, tool) },
        workDirectory: folder,
        logDirectory: folder,
        signal: controller.signal,
        onChild: () => undefined,
        foreignSides: new Set(),
        source,
        target,
        database,
        stagingDatabase: targetDatabase,
        stagingSettings: [],
        renewStaging: () => Promise.reject(new Error('A definition was refused.')),
        snapshot,
        jobs,
        dumpDirectory: folder,
        passwordFiles,
        pgDumpArguments: [],
        pgRestoreArguments: [],
        log: silentLog,
        phase: async (name, _side, work) => {
          const start = performance.now()
          try {
            return await work()
          } finally {
            phases[name] = (performance.now() - start) / 1000
          }
        },
        span: () => undefined,
        finding: () => undefined,
        onBytes: () => undefined,
        onActivity: () => undefined,
        onStep: () => () => undefined,
      })
    } finally {
      await snapshot.release()
    }
  }
}

async function run(heat: Heat): Promise<HeatResult> {
  const move = await prepare(heat)
  const phases: Phases = {}
  let peakBytes = process.memoryUsage.rss()
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
  }, 50)
  const before = await readTimes(heat)
  const start = performance.now()
  await move(phases)
  const seconds = (performance.now() - start) / 1000
  clearInterval(watch)
  const after = await readTimes(heat)
  const spent = {
    serverSeconds: after.servers - before.servers,
    ownSeconds: after.own - before.own,
    programSeconds: after.programs - before.programs,
  }
  const known = spent.serverSeconds + spent.ownSeconds + spent.programSeconds
  return {
    seconds,
    ...spent,
    otherSeconds: Math.max(0, after.busy - before.busy - known),
    peakBytes,
    phases,
  }
}

async function readTimes({ source, target }: Heat) {
  const servers =
    (await serverSeconds(source.dataDirectory)) + (await serverSeconds(target.dataDirectory))
  return { servers, busy: await busySeconds(), ...(await clientSeconds()) }
}

process.once('message', (heat: Heat) => {
  void run(heat).then(
    (result) => process.send?.({ result }, () => process.exit(0)),
    (error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
      process.send?.({ error: text }, () => process.exit(1))
    },
  )
})
