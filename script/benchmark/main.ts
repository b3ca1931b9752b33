/** The benchmark: starts two servers, fills them, and lets every method move every data set in turn. */
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepareClientTools } from '../../src/client/index.js'
import { silentLog } from '../../src/log.js'
import { cacheFolder } from '../../__tests__/support/server-binaries.js'
import { openTestServer, runSql, startServer } from '../../__tests__/support/servers.js'
import { dataSets, type DataSet } from './data-sets.js'
import { measureFloor } from './floor.js'
import { contenders, type Contender, type Race } from './methods.js'
import { clientSeconds, serverSeconds } from './processor-time.js'
import { renderResults, type Measurement, type SetFacts } from './results.js'

const usage = `script/bench [--sets pgbench,mixed,many,wide,huge] [--methods plain,custom,stream,parallel,copy,pgcopydb]
             [--rounds 3] [--scale 1] [--jobs N] [--source 11] [--target 18] [--pgcopydb PROGRAM] [--write]

Needs about four times the size of the largest data set in the folder for temporary files, and a quiet machine.
--write puts the tables into docs/performance.md.`

const { values } = parseArgs({
  options: {
    sets: { type: 'string', default: dataSets.map(({ name }) => name).join(',') },
    methods: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    scale: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    source: { type: 'string', default: '11' },
    target: { type: 'string', default: '18' },
    pgcopydb: { type: 'string' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

/** Many tables need many locks; the rest keeps disks and checkpoints out of the comparison. */
const settings = {
  shared_buffers: '512MB',
  max_wal_size: '8GB',
  max_locks_per_transaction: '1024',
}

function findPgcopydb(): string | undefined {
  if (values.pgcopydb !== undefined) return values.pgcopydb
  try {
    return execFileSync('which', ['pgcopydb'], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

async function fill(race: Race, set: DataSet): Promise<number> {
  const { test } = race.source
  await runSql(test, 'postgres', `create database ${set.name} template template0`)
  for (const statement of set.statements(Number(values.scale))) {
    await runSql(test, set.name, statement)
  }
  await runSql(test, set.name, 'vacuum')
  await runSql(test, set.name, 'analyze')
  await runSql(test, set.name, 'checkpoint')
  const [size] = await runSql<{ bytes: string }>(
    test,
    set.name,
    'select pg_database_size(current_database()) as bytes',
  )
  return Number(size?.bytes ?? 0)
}

async function emptyTarget(race: Race, database: string): Promise<void> {
  const { test } = race.target
  await runSql(test, 'postgres', `drop database if exists ${database}`)
  await runSql(test, 'postgres', `create database ${database} template template0`)
  await runSql(test, 'postgres', 'checkpoint')
}

async function measure(race: Race, set: DataSet, contender: Contender): Promise<Measurement> {
  await emptyTarget(race, set.name)
  let peakBytes = 0
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
  }, 100)
  const read = async () => {
    const servers = await Promise.all(
      [race.source, race.target].map(({ test }) => serverSeconds(test.dataDirectory)),
    )
    return { servers: (servers[0] ?? 0) + (servers[1] ?? 0), client: await clientSeconds() }
  }
  const before = await read()
  const start = performance.now()
  await contender.run(race, set.name)
  const seconds = (performance.now() - start) / 1000
  clearInterval(watch)
  const after = await read()
  const measurement = {
    set: set.name,
    method: contender.name,
    seconds,
    serverSeconds: after.servers - before.servers,
    ownSeconds: after.client.own - before.client.own,
    programSeconds: after.client.programs - before.client.programs,
    peakBytes,
  }
  console.log(
    `${set.name.padEnd(8)} ${contender.name.padEnd(9)} ${seconds.toFixed(1).padStart(6)} s, servers ${measurement.serverSeconds.toFixed(1)} s, ours ${measurement.ownSeconds.toFixed(2)} s`,
  )
  return measurement
}

async function runSet(race: Race, set: DataSet, all: readonly Contender[]) {
  const bytes = await fill(race, set)
  const measurements: Measurement[] = []
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const contender of all) measurements.push(await measure(race, set, contender))
  }
  await emptyTarget(race, set.name)
  const cores = availableParallelism()
  const floorSeconds = await measureFloor(race, set.name, cores)
  for (const { test } of [race.source, race.target]) {
    await runSql(test, 'postgres', `drop database ${set.name}`)
  }
  const facts: SetFacts = { name: set.name, what: set.what, bytes, floorSeconds }
  return { facts, measurements }
}

async function main(): Promise<void> {
  if (values.help) {
    console.log(usage)
    return
  }
  const sets = dataSets.filter(({ name }) => values.sets.split(',').includes(name))
  const wanted = values.methods?.split(',')
  const all = contenders(findPgcopydb()).filter(({ name }) => wanted?.includes(name) ?? true)
  const [sourceTest, targetTest] = await Promise.all([
    startServer(Number(values.source), { settings }),
    startServer(Number(values.target), { settings }),
  ])
  try {
    const tools = await prepareClientTools({
      major: Number(values.target),
      sourceMajor: Number(values.source),
      source: 'auto',
      toolCache: join(cacheFolder(), 'tool-cache'),
      log: silentLog,
      signal: new AbortController().signal,
    })
    const race: Race = {
      source: { test: sourceTest, server: await openTestServer(sourceTest, 'source') },
      target: { test: targetTest, server: await openTestServer(targetTest, 'target') },
      tools,
      jobs: Number(values.jobs),
    }
    const results: Awaited<ReturnType<typeof runSet>>[] = []
    for (const set of sets) results.push(await runSet(race, set, all))
    const tables = renderResults(
      results.map(({ facts }) => facts),
      results.flatMap(({ measurements }) => measurements),
    )
    const conditions = `Measured ${new Date().toISOString().slice(0, 10)} on ${availableParallelism()} cores, PostgreSQL ${race.source.server.facts.version} to ${race.target.server.facts.version} on the same machine, client tools ${tools.version}, ${values.jobs} jobs, medians of ${values.rounds} interleaved rounds at scale ${values.scale}.`
    console.log(`\n${conditions}\n\n${tables}`)
    if (values.write) await writeDocument(conditions, tables)
  } finally {
    await Promise.all([sourceTest.stop(), targetTest.stop()])
  }
}

async function writeDocument(conditions: string, tables: string): Promise<void> {
  const text = `# Performance

What every method takes, side by side, as \`script/bench\` measures it. Seconds mean nothing on another machine; the
ratios do. *\`copy\` takes* is the time of \`copy\` in parts of that method's; *of the floor* compares with what COPY out,
COPY in and the index builds cost the two servers alone, spread over the cores.

${conditions}

${tables}
`
  await writeFile('docs/performance.md', text)
}

await main()
