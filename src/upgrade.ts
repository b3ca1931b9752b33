/** The story of a run, from the inputs to the report. */
import { refuseImpossiblePair, runChecks } from './check/index.js'
import { prepareClientTools } from './client/index.js'
import type { ClientTools } from './client/tools.js'
import { CancelledError, UpgradeError } from './errors.js'
import { countDifferences, startDatabaseReport, type Report } from './report/report.js'
import { borrowRoles, moveRoles, returnRoles } from './roles/index.js'
import { addFinding, reportedError, timePhase, type Run } from './run.js'
import {
  describeHost,
  isDatabaseEmpty,
  listDatabases,
  openServer,
  selectDatabases,
  type DatabaseFacts,
  type Server,
} from './server/index.js'
import { upgradeDatabase, type Servers } from './upgrade-database.js'
import { compareSettings } from './validate/index.js'

/** Runs every phase. Never throws: whatever happens is told in the report. */
export async function upgrade(run: Run): Promise<Report> {
  const { report, signal } = run
  try {
    const servers = await step(run, 'connect', 'Connect to both servers', () => connect(run))
    const tools = await step(run, 'client-tools', 'Get the client tools', () =>
      getTools(run, servers),
    )
    const databases = await step(run, 'databases', 'Choose the databases', () =>
      chooseDatabases(run, servers),
    )
    await step(run, 'check', 'Check', () => check(run, servers, tools, databases))
    await step(run, 'roles', 'Move the roles', () => roles(run, servers))
    await withBorrowedRoles(run, servers, () => moveDatabases(run, servers, tools, databases))
    await step(run, 'settings', 'Compare the server parameters', () => settings(run, servers))
    report.result = hasFailed(report) ? 'failed' : 'passed'
  } catch (error) {
    report.result = 'failed'
    report.error = reportedError(error, signal)
  }
  report.durationSeconds = (run.now().getTime() - Date.parse(report.startedAt)) / 1000
  return report
}

const stepNumbers = new WeakMap<Report, number>()

/** One numbered step: a group in the log and a phase in the report. */
async function step<T>(run: Run, name: string, title: string, work: () => Promise<T>): Promise<T> {
  if (run.signal.aborted) throw new CancelledError()
  const number = (stepNumbers.get(run.report) ?? 0) + 1
  stepNumbers.set(run.report, number)
  return run.log.group(`Step ${number}: ${title}`, () =>
    timePhase(run, run.report.phases, name, 'both', work),
  )
}

async function connect(run: Run): Promise<Servers> {
  const { inputs, applicationName, signal, log, report } = run
  const open = (side: 'source' | 'target') =>
    openServer({ side, parameters: inputs[side], applicationName, signal })
  const source = await open('source')
  const target = await open('target')
  report.source = describe(source)
  report.target = describe(target)
  for (const server of [source, target]) {
    const { version, provider, user, isSuperuser } = server.facts
    const rights = isSuperuser ? 'superuser' : 'not a superuser'
    log.info(
      `The ${server.side} is ${describeHost(server.parameters)}: PostgreSQL ${version}, ${provider}, as ${user} (${rights}).`,
    )
  }
  await refuseImpossiblePair(source, target)
  return { source, target }
}

function describe({ facts, parameters }: Server) {
  return { version: facts.version, host: describeHost(parameters), provider: facts.provider }
}

async function getTools(run: Run, { source, target }: Servers): Promise<ClientTools> {
  const { inputs, log, signal, toolCache, report } = run
  const tools = await prepareClientTools({
    major: inputs.clientVersion ?? target.facts.major,
    sourceMajor: source.facts.major,
    source: inputs.clientSource,
    repository: inputs.clientRepository,
    toolCache,
    log,
    signal,
  })
  const { version, directory, from, why, durationSeconds } = tools
  report.client = { version, path: directory, from, why, durationSeconds }
  log.info(`Client tools ${version} in ${directory} (${from}): ${why}`)
  return tools
}

async function chooseDatabases(run: Run, { source }: Servers): Promise<readonly DatabaseFacts[]> {
  const { inputs, log } = run
  const all = await listDatabases(source)
  const { databases, excludeDatabases } = inputs
  const postgresIsEmpty = await isPostgresEmpty(source, all)
  const selected = selectDatabases(all, databases, excludeDatabases, postgresIsEmpty)
  log.info(
    selected.length === 0
      ? 'No database to move.'
      : `To move, biggest first: ${selected.map(({ name }) => name).join(', ')}`,
  )
  return selected
}

async function isPostgresEmpty(source: Server, all: readonly DatabaseFacts[]): Promise<boolean> {
  const postgres = all.find(({ name }) => name === 'postgres')
  return !postgres?.allowsConnections || isDatabaseEmpty(source, 'postgres')
}

async function check(
  run: Run,
  servers: Servers,
  tools: ClientTools,
  databases: readonly DatabaseFacts[],
): Promise<void> {
  const { inputs, log, signal, dumpDirectory } = run
  const findings = await runChecks({
    ...servers,
    databases: databases.map(({ name }) => name),
    existingDatabase: inputs.existingDatabase,
    method: inputs.method,
    jobs: inputs.jobs.value,
    dumpDirectory,
    freezeSource: false,
    psqlVersion: tools.version,
    log,
    signal,
  })
  for (const finding of findings) addFinding(run, finding)
  const blocking = findings.filter(({ severity }) => severity === 'blocking')
  if (blocking.length === 0) return
  throw new UpgradeError(
    `${blocking.length} finding${blocking.length === 1 ? '' : 's'} must be settled first; nothing was touched:\n${blocking.map(({ check: name, message }) => `- ${name}: ${message}`).join('\n')}`,
    { code: blocking[0]?.check ?? 'check', hint: blocking[0]?.remedy },
  )
}

async function roles(run: Run, servers: Servers): Promise<void> {
  const { inputs, log, signal, report } = run
  report.roles = await moveRoles({ ...servers, mode: inputs.roles, rehearsal: false, log, signal })
}

/** Whoever is no superuser must belong to the roles to which it gives objects, for as long as the databases are moved. */
async function withBorrowedRoles(
  run: Run,
  { source, target }: Servers,
  work: () => Promise<void>,
): Promise<void> {
  const { journal, log, signal } = run
  const { borrowed } = await borrowRoles(source, target, journal.addBorrowedRole)
  if (borrowed.length > 0) {
    log.info(`Borrowed for this run: ${borrowed.map(({ role }) => role).join(', ')}.`)
  }
  try {
    await work()
  } finally {
    // After a cancel, the clean-up gives them back over connections of its own.
    if (!signal.aborted && borrowed.length > 0) {
      const kept = await returnRoles(target, borrowed)
      if (kept.length === 0) journal.clearBorrowedRoles()
      for (const { role, reason } of kept) {
        log.warning(`The borrowed role ${role} could not be given back yet: ${reason}`)
      }
    }
  }
}

/** Biggest first; one that fails does not stop the others. */
async function moveDatabases(
  run: Run,
  servers: Servers,
  tools: ClientTools,
  databases: readonly DatabaseFacts[],
): Promise<void> {
  try {
    for (const [index, database] of databases.entries()) {
      const title = `Move database ${database.name} (${index + 1} of ${databases.length})`
      await step(run, 'move', title, () =>
        upgradeDatabase(run, servers, tools, database, index + 1),
      )
    }
  } finally {
    const reported = run.report.databases.length
    for (const { name, bytes } of databases.slice(reported)) {
      run.report.databases.push(startDatabaseReport(name, bytes))
    }
  }
}

async function settings(run: Run, { source, target }: Servers): Promise<void> {
  run.report.settings = await compareSettings(source, target)
  run.log.info(`${run.report.settings.length} server parameters differ.`)
}

function hasFailed(report: Report): boolean {
  return countDifferences(report) > 0 || report.databases.some(({ result }) => result !== 'passed')
}
