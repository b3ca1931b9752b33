/** The benchmark: starts two servers, runs the rounds of every data set, and shows what there is. */
import { statfs, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { prepareClientTools } from '../../src/client/index.js'
import { silentLog } from '../../src/log.js'
import { cacheFolder } from '../../__tests__/support/server-binaries.js'
import { runSql, startServer, type TestServer } from '../../__tests__/support/servers.js'
import { dataSets } from './data-sets.js'
import { readOptions, usage, type Options } from './options.js'
import { findPgcopydb, pgcopydbVersion } from './pgcopydb.js'
import { bundleHeat } from './program.js'
import { runRounds, type Race } from './race.js'
import { renderDocument } from './render.js'
import { readMeasurements } from './results.js'

/** Durable, as PostgreSQL comes and users have it. Many tables need many locks; the rest keeps checkpoints and chance out of the comparison. */
const settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '512MB',
  max_wal_size: '8GB',
  max_locks_per_transaction: '1024',
  autovacuum: 'off',
}

function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      controller.abort(new Error(`${name}: what has been measured so far is kept.`))
    })
  }
  return controller.signal
}

async function runSets(options: Options): Promise<void> {
  const signal = interruption()
  const pgcopydb = findPgcopydb(options.pgcopydb)
  if (pgcopydb === null && options.methods.includes('pgcopydb')) {
    console.log('pgcopydb is not here: it is left out. Name it with --pgcopydb or PGCOPYDB.')
  }
  const program = await bundleHeat(options.directory)
  const servers: TestServer[] = []
  const start = async (major: number) => {
    const server = await startServer(major, { settings, tls: true })
    servers.push(server)
    return server
  }
  try {
    const source = await start(options.sourceMajor)
    const target = await start(options.targetMajor)
    const tools = await prepareClientTools({
      major: options.targetMajor,
      source: 'auto',
      toolCache: join(cacheFolder(), 'tool-cache'),
      log: silentLog,
      signal,
    })
    const conditions = {
      cores: availableParallelism(),
      processor: cpus()[0]?.model ?? 'unknown',
      jobs: options.jobs,
      scale: options.scale,
      source: await versionOf(source),
      target: await versionOf(target),
      tools: tools.version,
      pgcopydb: pgcopydb === null ? null : pgcopydbVersion(pgcopydb),
      storage: await storageOf(options.directory),
    }
    const race: Race = {
      options,
      source,
      target,
      tools,
      program: program.file,
      pgcopydb,
      conditions,
      signal,
    }
    for (const set of options.sets) await runRounds(race, set)
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
    await program.remove()
  }
}

async function versionOf(server: TestServer): Promise<string> {
  const [row] = await runSql<{ server_version: string }>(server, 'postgres', 'show server_version')
  return row?.server_version ?? 'unknown'
}

/** The numbers of file systems that hold their files in memory: tmpfs and ramfs. */
const inMemory = new Set([0x01021994, 0x858458f6])

async function storageOf(directory: string): Promise<string> {
  return inMemory.has((await statfs(directory)).type) ? 'memory' : 'disk'
}

async function main(): Promise<void> {
  const options = readOptions()
  if (options === null) {
    console.log(usage)
    return
  }
  // Servers, dumps and the files of the floor are made in the folder for temporary files.
  process.env['TMPDIR'] = options.directory
  if (options.rounds > 0) await runSets(options)
  const measurements = await Promise.all(
    dataSets.map(async (set) => ({
      set,
      measurements: await readMeasurements(options.results, set.name),
    })),
  )
  const text = await renderDocument(measurements)
  console.log(`\n${text}`)
  if (options.write) await writeFile('docs/performance.md', text)
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
