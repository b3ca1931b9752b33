/** Holds the forecast against the truth: five rehearsals on growing data, and the upgrade that they had forecast. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverInputs, type Inputs } from '../__tests__/support/action-inputs.js'
import { runAction, runPost } from '../__tests__/support/runner.js'
import { endServersOf, isAlive } from '../__tests__/support/server-folder.js'
import { runSql, startServer } from '../__tests__/support/servers.js'
import { forecastText } from '../src/report/contents/history.js'
import { formatBytes, formatDuration } from '../src/report/format.js'
import type { Report } from '../src/report/index.js'

const rehearsals = 5
/** Off by more than this share of what it took, the forecast has failed. */
const tolerance = 0.2

const schema = `
  create table events (
    id bigserial primary key, customer int not null, at timestamptz not null, note text not null, payload jsonb not null);
  create index on events (customer, at);
  create index on events (note)`

const grow = (rows: number): string => `
  insert into events (customer, at, note, payload)
    select (random() * 50000)::int, '2025-01-01'::timestamptz + i * interval '7 seconds', md5(random()::text),
           jsonb_build_object('step', i, 'words', repeat(md5(i::text), 2))
      from generate_series(1, ${rows}) i`

const firstRows = 600_000
/** No two weeks are the same. */
const weeklyRows = [90_000, 120_000, 80_000, 110_000, 100_000]

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

async function run(inputs: Inputs, folder: string): Promise<Report> {
  const main = await runAction(inputs, { parentFolder: folder })
  await runPost(main)
  if (main.exitCode !== 0 || main.report === undefined) {
    throw new Error(`The run has failed:\n${main.stdout}\n${main.stderr}`)
  }
  const bytes = main.report.databases[0]?.bytes ?? 0
  say(
    `${main.report.mode}: ${formatBytes(bytes)} in ${formatDuration(main.report.durationSeconds)}`,
  )
  return main.report
}

/** Whether the forecast was near enough. */
function judge(last: Report, real: Report): boolean {
  const forecast = last.history?.forecast
  if (forecast?.kind !== 'forecast') throw new Error('The rehearsals have led to no forecast.')
  const off = forecast.seconds / real.durationSeconds - 1
  say(
    `After ${rehearsals} rehearsals: ${forecastText(forecast)}\n` +
      `It took ${formatDuration(real.durationSeconds)}: ` +
      `the forecast of ${forecast.seconds.toFixed(2)} s was off by ${(off * 100).toFixed(1)} %.`,
  )
  return Math.abs(off) <= tolerance
}

async function growth(folder: string): Promise<boolean> {
  const [source, target] = await Promise.all([startServer(11), startServer(18)])
  await runSql(source, 'postgres', 'create database growth')
  await runSql(source, 'growth', schema)
  await runSql(source, 'growth', grow(firstRows))
  const history = join(folder, 'history.json')
  const inputs = { ...serverInputs(source, target), databases: 'growth', history }
  let last: Report | undefined
  for (const rows of weeklyRows.slice(0, rehearsals)) {
    last = await run({ ...inputs, mode: 'rehearse' }, folder)
    await runSql(source, 'growth', grow(rows))
  }
  if (last === undefined) throw new Error('There was no rehearsal.')
  return judge(last, await run({ ...inputs, mode: 'upgrade' }, folder))
}

await endServersOf((owner) => !isAlive(owner))
const folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-growth-'))
try {
  process.exitCode = (await growth(folder)) ? 0 : 1
} finally {
  await endServersOf((owner) => owner === process.pid)
  await rm(folder, { recursive: true, force: true })
}
