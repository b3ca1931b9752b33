/** The rounds of one data set: fill the source once, then let every contender move it in turn. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerAddress } from '../../__tests__/support/server-process.js'
import { runSql, type TestServer } from '../../__tests__/support/servers.js'
import type { ClientTools } from '../../src/client/tools.js'
import type { DataSet } from './data-sets.js'
import { placeAtDistance } from './distance.js'
import { measureDefinitions, measureFloor } from './floor.js'
import { measureHeat } from './measure.js'
import type { Options } from './options.js'
import { assertArrived } from './arrival.js'
import { keepMeasurement, readMeasurements, type Conditions, type Measurement } from './results.js'

export interface Race {
  readonly options: Options
  readonly source: TestServer
  readonly target: TestServer
  readonly tools: ClientTools
  /** The bundled heat. */
  readonly program: string
  readonly pgcopydb: string | null
  readonly conditions: Conditions
  readonly signal: AbortSignal
}

type Name = Options['methods'][number]

/** Adds the wanted number of rounds to the results. */
export async function runRounds(race: Race, set: DataSet): Promise<void> {
  const { options, source, signal } = race
  console.log(`${set.name}: filling the source`)
  const bytes = await fill(race, set)
  const names = options.methods.filter((name) => takesPart(race, set, name))
  const before = await readMeasurements(options.results, set.name)
  const first = Math.max(0, ...before.map(({ round }) => round)) + 1
  for (let round = first; round < first + options.rounds; round += 1) {
    const taking = names.filter((name) => round === first || !options.once.includes(name))
    for (const name of inTurn(taking, round)) {
      signal.throwIfAborted()
      for (const measured of await measure(race, set, name)) {
        const { conditions } = race
        const at = new Date().toISOString()
        const measurement = { set: set.name, round, at, conditions, bytes, ...measured }
        await keepMeasurement(options.results, measurement)
        say(measurement)
      }
    }
  }
  await runSql(source, 'postgres', `drop database ${set.name}`)
}

/** The floor knows nothing of distances and encryption. */
function takesPart({ pgcopydb }: Race, set: DataSet, name: Name): boolean {
  if (name === 'floor') return set.roundTripMs === undefined && set.isEncrypted === undefined
  return name !== 'pgcopydb' || pgcopydb !== null
}

/** Each round begins with another one, so that nobody always comes after the same one. */
function inTurn(names: readonly Name[], round: number): Name[] {
  const start = (round - 1) % Math.max(1, names.length)
  return [...names.slice(start), ...names.slice(0, start)]
}

async function fill({ source, options }: Race, set: DataSet): Promise<number> {
  await runSql(source, 'postgres', `create database ${set.name} template template0`)
  for (const statement of [...set.statements(options.scale), 'vacuum', 'analyze', 'checkpoint']) {
    await runSql(source, set.name, statement)
  }
  const [size] = await runSql<{ bytes: string }>(
    source,
    set.name,
    'select pg_database_size(current_database()) as bytes',
  )
  return Number(size?.bytes ?? 0)
}

type Measured = Pick<Measurement, 'method' | 'seconds' | 'isStopped' | 'costs'>

async function measure(race: Race, set: DataSet, name: Name): Promise<Measured[]> {
  const targetDatabase = `${set.name}_${name}`
  await runSql(race.target, 'postgres', `create database ${targetDatabase} template template0`)
  for (const server of [race.source, race.target]) await runSql(server, 'postgres', 'checkpoint')
  const measured =
    name === 'floor'
      ? await measureReferences(race, set, targetDatabase)
      : [await measureContender(race, set, name, targetDatabase)]
  await runSql(race.target, 'postgres', `drop database ${targetDatabase} with (force)`)
  return measured
}

async function measureContender(
  race: Race,
  set: DataSet,
  name: Exclude<Name, 'floor'>,
  targetDatabase: string,
): Promise<Measured> {
  const { options, source, target, tools, pgcopydb, signal } = race
  const { jobs, limitSeconds } = options
  const sslmode = set.isEncrypted === true ? ('require' as const) : ('disable' as const)
  const heat = {
    contender: name,
    database: set.name,
    targetDatabase,
    jobs,
    tools,
    pgcopydb,
    sslmode,
  }
  const result = await fromAfar({ source, target }, set.roundTripMs, (servers) =>
    measureHeat(race.program, { ...heat, ...servers }, limitSeconds, signal),
  )
  if (result === null) {
    await endSessions(source, set.name)
    return { method: name, seconds: limitSeconds, isStopped: true, costs: null }
  }
  await assertArrived(race, name, set.name, targetDatabase)
  const { seconds, ...costs } = result
  return { method: name, seconds, isStopped: false, costs }
}

interface Servers {
  readonly source: ServerAddress
  readonly target: ServerAddress
}

async function fromAfar<T>(
  servers: Servers,
  roundTripMs: number | undefined,
  work: (servers: Servers) => Promise<T>,
): Promise<T> {
  if (roundTripMs === undefined) return work(servers)
  const source = await placeAtDistance(servers.source, roundTripMs)
  const target = await placeAtDistance(servers.target, roundTripMs)
  try {
    return await work({ source: source.address, target: target.address })
  } finally {
    source.close()
    target.close()
  }
}

/** Servers before 13 drop no database that somebody is still connected to. */
async function endSessions(server: TestServer, database: string): Promise<void> {
  const ended = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`
  while ((await runSql(server, 'postgres', ended)).length > 0) await sleep(100)
}

async function measureReferences(
  { source, target, tools, conditions }: Race,
  set: DataSet,
  targetDatabase: string,
): Promise<Measured[]> {
  const { cores } = conditions
  const floor = { source, target, database: set.name, targetDatabase, cores }
  return [
    { method: 'floor', isStopped: false, ...(await measureFloor(floor)) },
    {
      method: 'definitions',
      seconds: await measureDefinitions(source, set.name, tools),
      isStopped: false,
      costs: null,
    },
  ]
}

function say({ set, round, method, seconds, isStopped, costs }: Measurement): void {
  const time = isStopped ? `stopped after ${seconds} s` : `${seconds.toFixed(1).padStart(6)} s`
  const cost =
    costs === null
      ? ''
      : `, servers ${costs.serverSeconds.toFixed(1)} s, ours ${costs.ownSeconds.toFixed(2)} s, others ${costs.otherSeconds.toFixed(1)} s, ${(costs.peakBytes / 1e6).toFixed(0)} MB`
  console.log(`${set.padEnd(9)} round ${round}  ${method.padEnd(11)} ${time}${cost}`)
}
