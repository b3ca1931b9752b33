/** The story of a run, from the inputs to the report. */
import type { ClientTools } from './client/tools.js'
import { compareSideBySide } from './phases/compare-side-by-side.js'
import { tellDatabasesCreated } from './phases/databases-created.js'
import { tellDifferencesOfServers } from './phases/tell-differences.js'
import { tellDriftSince } from './phases/tell-drift.js'
import { CancelledError } from './errors.js'
import { isFrozen, withFrozenSource } from './phases/frozen-source.js'
import { informing, settingsNotCompared } from './phases/informing.js'
import { planJobs } from './phases/plan-jobs.js'
import {
  check,
  checkQueries,
  chooseDatabases,
  connect,
  getTools,
  type Servers,
} from './phases/preparation.js'
import { formatRoughly } from './report/format.js'
import { sayWhileRunning } from './report/progress.js'
import { toldCounts } from './report/hidden-settings.js'
import { countDifferences, startDatabaseReport, type Mode, type Report } from './report/report.js'
import { isProviderRole, toldSteps, type CarriedOver } from './roles/index.js'
import {
  giveMembers,
  rolesOfTarget,
  withBorrowedRoles,
  withTurn,
} from './phases/roles-of-target.js'
import { addDifferences, isRehearsal, reportedError, timePhase, type Run } from './run.js'
import { repeatedWhenLost, type DatabaseFacts } from './server/index.js'
import { namedOfSeveral } from './phases/named-of-several.js'
import { databasesAtOnce, moveSideBySide } from './phases/side-by-side.js'
import { recordLackingRoles, tellLostRoles } from './phases/lost-roles.js'
import { lookAtPublished, type Published } from './phases/look-at-published.js'
import { createScheduler } from './transfer/index.js'
import { upgradeDatabase } from './phases/upgrade-database.js'
import { compareRoles, compareSettings } from './validate/index.js'

/** Runs every phase. Never throws: whatever happens is told in the report. */
export async function upgrade(run: Run): Promise<Report> {
  const { report, signal } = run
  try {
    await stories[report.mode](run)
    report.result = hasFailed(report) ? 'failed' : 'passed'
  } catch (error) {
    report.result = 'failed'
    report.error = reportedError(error, signal)
  }
  report.durationSeconds = (run.now().getTime() - Date.parse(report.startedAt)) / 1000
  return report
}

/** `check` touches neither server. */
async function tellCheck(run: Run): Promise<void> {
  const servers = await spokenStep(run, 'connect', 'Connect to both servers', () => connect(run))
  const tools = await toolsForInputs(run, servers)
  const databases = await spokenStep(run, 'databases', 'Choose the databases', () =>
    chooseDatabases(run, servers),
  )
  await spokenStep(run, 'check', 'Check', () => check(run, servers, tools, databases)).finally(
    () => {
      tellChecked(run, databases)
    },
  )
  await spokenStep(run, 'settings', 'Compare the server parameters', () => settings(run, servers))
}

/** Where nothing is moved, the tools only say whether there are any of the version that is named, and whether they take the arguments that are given. */
async function toolsForInputs(run: Run, servers: Servers): Promise<ClientTools | undefined> {
  const { clientVersion, pgDumpArguments, pgRestoreArguments } = run.inputs
  const areGiven = pgDumpArguments.length + pgRestoreArguments.length > 0
  return clientVersion !== undefined || areGiven ? clientTools(run, servers) : undefined
}

function clientTools(run: Run, servers: Servers): Promise<ClientTools> {
  return spokenStep(run, 'client-tools', 'Get the client tools', () => getTools(run, servers))
}

/** In a check a database has passed when nothing of it is in the way of an upgrade. */
function tellChecked({ report }: Run, databases: readonly DatabaseFacts[]): void {
  const isBlocked = (name: string) =>
    report.findings.some(({ severity, database }) => severity === 'blocking' && database === name)
  for (const { name, bytes } of databases) {
    const result = isBlocked(name) ? 'failed' : 'passed'
    report.databases.push({ ...startDatabaseReport(name, bytes), result })
  }
}

/** `upgrade`, and `rehearse`: the same story with nothing published at the end. */
async function tellUpgrade(run: Run): Promise<void> {
  const servers = await spokenStep(run, 'connect', 'Connect to both servers', () => connect(run))
  const tools = await clientTools(run, servers)
  const databases = await spokenStep(run, 'databases', 'Choose the databases', () =>
    chooseDatabases(run, servers),
  )
  try {
    await spokenStep(run, 'check', 'Check', () => check(run, servers, tools, databases))
    await withTurn(run, servers, async (turn) => {
      const { later, carriedOver } = await spokenStep(run, 'roles', 'Move the roles', () =>
        rolesOfTarget(run, servers),
      )
      const names = databases.map(({ name }) => name)
      await withFrozenSource(run, servers.source, names, async () => {
        try {
          await withBorrowedRoles(run, servers, names, async () => {
            const { borrowedRoles, roles: lent } = run.journal.entries()
            if ([borrowedRoles, lent, later].every(({ length }) => length === 0))
              await turn.release()
            await moveDatabases(run, servers, tools, databases)
          })
          await giveMembers(run, servers, later)
        } finally {
          if (!run.signal.aborted) await lookAtRoles(run, servers, carriedOver)
        }
      })
    })
    await tellDatabasesCreated(run, servers.source, databases)
  } finally {
    tellSkipped(run.report, databases)
  }
  // The plan of a matrix has compared them already.
  if (run.inputs.part !== undefined) return
  await spokenStep(run, 'settings', 'Compare the server parameters', () =>
    informing(run, settingsNotCompared, () => settings(run, servers)),
  )
}

async function lookAtRoles(
  run: Run,
  servers: Servers,
  carriedOver: CarriedOver | undefined,
): Promise<void> {
  await tellLostRoles(run, servers, carriedOver)
  if (run.inputs.part !== undefined && !isRehearsal(run)) await recordLackingRoles(run, servers)
}

/** `validate` compares two servers as they are; nothing is moved or changed. */
async function tellValidation(run: Run): Promise<void> {
  const servers = await spokenStep(run, 'connect', 'Connect to both servers', () => connect(run))
  const databases = await spokenStep(run, 'databases', 'Choose the databases', () =>
    chooseDatabases(run, servers),
  )
  await checkQueries(run, servers, databases)
  await spokenStep(run, 'roles', 'Compare the roles', () => rolesOfBoth(run, servers))
  await compareSideBySide(run, servers, databases, ({ name }, title, work) =>
    step(run, `database ${name}`, title, work),
  )
  await tellDatabasesCreated(run, servers.source, databases)
  await spokenStep(run, 'settings', 'Compare the server parameters', () => settings(run, servers))
}

/** `plan` prepares what several jobs are to do at once: the roles are moved here, before them. */
async function tellPlan(run: Run): Promise<void> {
  const { report } = run
  const servers = await spokenStep(run, 'connect', 'Connect to both servers', () => connect(run))
  const tools = await toolsForInputs(run, servers)
  const databases = await spokenStep(run, 'databases', 'Choose the databases', () =>
    chooseDatabases(run, servers),
  )
  const plan = planJobs(run, databases)
  await spokenStep(run, 'check', 'Check', () => check(run, servers, tools, databases))
  await withTurn(run, servers, async () => {
    const { later, carriedOver } = await spokenStep(run, 'roles', 'Move the roles', () =>
      rolesOfTarget(run, servers),
    )
    if (report.roles !== null && carriedOver !== undefined)
      report.roles.carriedOver = toldSteps(carriedOver.steps)
    // The jobs have yet to borrow the members.
    const reason = `its membership in ${JSON.stringify(servers.target.facts.user)} was not carried over: it is to be granted once all jobs have moved their databases`
    report.roles?.skipped.push(...later.map(({ role }) => ({ role, reason })))
  })
  await spokenStep(run, 'settings', 'Compare the server parameters', () => settings(run, servers))
  report.plan = plan
  for (const { job, databases: names } of plan.jobs) {
    run.log.info(`Job ${job}: ${names.map((name) => JSON.stringify(name)).join(', ')}`)
  }
}

const stories: Readonly<Record<Mode, (run: Run) => Promise<void>>> = {
  check: tellCheck,
  plan: tellPlan,
  rehearse: tellUpgrade,
  upgrade: tellUpgrade,
  validate: tellValidation,
}

/** A step that says nothing itself is said to be still running. */
function spokenStep<T>(run: Run, name: string, title: string, work: () => Promise<T>): Promise<T> {
  return step(run, name, title, () =>
    sayWhileRunning(
      run.log.info,
      (seconds) => `${title}: still running, ${formatRoughly(seconds)} gone`,
      work,
      run.clock,
    ),
  )
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

async function rolesOfBoth(run: Run, { source, target }: Servers): Promise<void> {
  if (run.inputs.roles === 'skip') return
  const connected = [source.facts.user, target.facts.user]
  const isLeftOut = (role: string) =>
    connected.includes(role) ||
    [source, target].some(({ facts }) => isProviderRole(role, facts.provider))
  const found = await repeatedWhenLost(() => compareRoles(source, target, { isLeftOut }))
  addDifferences(run.report.differences, found)
  tellDifferencesOfServers(run.log, run.report.differences)
}

/** Biggest first; one that fails does not stop the others. */
async function moveDatabases(
  run: Run,
  servers: Servers,
  tools: ClientTools,
  databases: readonly DatabaseFacts[],
): Promise<void> {
  const scheduler = createScheduler(run.inputs.jobs.value, run.signal)
  const published: Published[] = []
  const context = { ...servers, tools, scheduler, published }
  const atOnce = databasesAtOnce(run.inputs, tools.major, databases.length)
  try {
    if (atOnce > 1) {
      const title = `Move ${databases.length} databases, up to ${atOnce} at a time`
      await step(run, 'move', title, () => moveSideBySide(run, context, databases, atOnce))
    } else {
      for (const [index, database] of databases.entries()) {
        const title = `Move database ${database.name} (${index + 1} of ${databases.length})`
        const named = namedOfSeveral(run, database.name, databases.length)
        await step(run, 'move', title, () => upgradeDatabase(named, context, database, index + 1))
      }
    }
    await lookAtPublished(run, servers.target, published)
    await tellDriftSince({ ...run, ...servers }, published, run.inputs.jobs.value, (database) =>
      isFrozen(run, servers.source, database),
    )
  } finally {
    await scheduler.close()
  }
}

/** The databases whose turn has not come, so that nobody takes them for forgotten. */
function tellSkipped({ databases: told }: Report, databases: readonly DatabaseFacts[]): void {
  const names = new Set(told.map(({ name }) => name))
  for (const { name, bytes } of databases) {
    if (!names.has(name)) told.push(startDatabaseReport(name, bytes))
  }
}

async function settings(run: Run, { source, target }: Servers): Promise<void> {
  run.report.settings = await repeatedWhenLost(() => compareSettings(source, target))
  run.log.info(toldCounts(run.report.settings))
}

function hasFailed(report: Report): boolean {
  return countDifferences(report) > 0 || report.databases.some(({ result }) => result !== 'passed')
}
