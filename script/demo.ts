/** The demo: a sample source server, an empty target server, the built action between them, its summary and its report. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repository, serverInputs } from '../__tests__/support/action-inputs.js'
import { readableLog } from '../__tests__/support/readable-log.js'
import { runPost, startAction, type StartedAction } from '../__tests__/support/runner.js'
import { endServersOf, isAlive } from '../__tests__/support/server-folder.js'
import { runSqlFile, startServer, type TestServer } from '../__tests__/support/servers.js'

const sourceMajor = 11
const targetMajor = 18
/** Far more than the slowest machine needs. */
const patienceMs = 600_000
const startedAt = performance.now()

/** Set by Ctrl-C or SIGTERM: the exit code, and the reason to stop where we are. */
let interruptedBy: NodeJS.Signals | undefined
let action: StartedAction | undefined
/** The report for a browser, once it has been written. */
let page: string | undefined

function say(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)
  process.stdout.write(`\n[${seconds} s] ${text}\n`)
}

async function fillSource(source: TestServer): Promise<void> {
  const fill = async (database: string, ...files: string[]): Promise<void> => {
    for (const file of files) {
      const path = join(repository, '__tests__', 'fixtures', 'demo', file)
      await runSqlFile(source, database, await readFile(path, 'utf8'))
    }
  }
  await fill('postgres', '1-roles.sql')
  await Promise.all([
    fill('shop', '2-shop.sql', '3-shop-data.sql'),
    fill('people', '4-people.sql'),
    fill('Café "sales" & co', '5-sales.sql'),
  ])
}

async function upgrade(source: TestServer, target: TestServer, folder: string): Promise<number> {
  const log = readableLog((text) => process.stdout.write(text))
  action = await startAction(
    {
      ...serverInputs(source, target),
      'report-directory': join(folder, 'report'),
    },
    { parentFolder: folder, onOutput: log, limitMs: patienceMs },
  )
  if (interruptedBy !== undefined) await action.cancel()
  const run = await action.finished
  const post = await runPost(run)
  say('The job summary:')
  process.stdout.write(`\n${run.summary}\n`)
  await rm(run.folder, { recursive: true, force: true })
  return run.exitCode === 0 ? (post.exitCode ?? 1) : (run.exitCode ?? 1)
}

async function demo(): Promise<number> {
  await endServersOf((owner) => !isAlive(owner))
  const folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-demo-'))
  try {
    say(`Starting PostgreSQL ${sourceMajor} (source) and ${targetMajor} (target) on loopback.`)
    const [source, target] = await Promise.all([startServer(sourceMajor), startServer(targetMajor)])
    say('Filling the source: three databases, about 200 MB.')
    await fillSource(source)
    say('Running the action, dist/index.js, as a workflow step would.')
    const exitCode = await upgrade(source, target, folder)
    say(`The action ended with exit code ${exitCode}.`)
    page = join(folder, 'report', 'report.html')
    return exitCode
  } finally {
    await endServersOf((owner) => owner === process.pid)
    if (!existsSync(join(folder, 'report'))) await rm(folder, { recursive: true, force: true })
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interruptedBy = signal
    say(`${signal}: stopping.`)
    // The action first, so that it can clean up on servers that still run; without one, the servers at once.
    if (action === undefined) void endServersOf((owner) => owner === process.pid)
    else void action.cancel()
  })
}

try {
  process.exitCode = await demo()
} catch (error) {
  if (interruptedBy === undefined) throw error
  process.exitCode = 1
}
say('Both servers have been stopped.')
if (page !== undefined && existsSync(page)) say(`Open the report in a browser: ${page}`)
