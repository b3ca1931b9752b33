/** What every mode begins with: connect, get the client tools, choose the databases, check. */
import {
  findFailingQueries,
  findUnusedQueries,
  refuseImpossiblePair,
  runChecks,
  type CheckFinding,
} from '../check/index.js'
import { doubtOfTools, prepareClientTools, refuseUnfitTools } from '../client/index.js'
import type { ClientTools } from '../client/tools.js'
import { ConnectionError, InputError, UpgradeError } from '../errors.js'
import { troubleshootingUrl } from '../report/links.js'
import { addFinding, isRehearsal, type Run } from '../run.js'
import {
  choosesNothing,
  dependsOnPostgres,
  describeHost,
  holdsNothingToMove,
  immovableDatabases,
  listDatabases,
  openServer,
  repeatedWhenLost,
  selectDatabases,
  unknownToTools,
  unmatchedItems,
  type ConnectionParameters,
  type DatabaseFacts,
  type Server,
  type ServerSide,
} from '../server/index.js'
import { listStagingDatabases } from '../staging/index.js'
import { findRefusedArguments } from '../transfer/index.js'
import { tellFindings } from './tell-findings.js'

export interface Servers {
  readonly source: Server
  readonly target: Server
}

/** What tells of both servers and changes neither. */
const onlyReading: ReadonlySet<string> = new Set(['check', 'validate'])

/** Connects to both servers and refuses pairs that no upgrade can work on. */
export async function connect(run: Run): Promise<Servers> {
  const { inputs, applicationName, signal, log, report, journal } = run
  const isOnlyRead = onlyReading.has(inputs.mode)
  const open = async (side: 'source' | 'target') => {
    const server = await openServer({
      side,
      parameters: inputs[side],
      applicationName,
      signal,
      ...(isOnlyRead ? { isOnlyRead } : {}),
    })
    journal.addConnected(side)
    return server
  }
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
  await repeatedWhenLost(() => refuseImpossiblePair(source, target))
  if (inputs.mode !== 'validate') {
    const majors = {
      major: toolsMajor(run, target),
      sourceMajor: source.facts.major,
      targetMajor: target.facts.major,
      connectsRestore: inputs.method !== 'plain',
    }
    refuseUnfitTools(majors)
    const doubt = doubtOfTools(majors)
    if (doubt !== undefined) run.log.warning(doubt)
  }
  return { source, target }
}

function toolsMajor({ inputs }: Run, target: Server): number {
  return inputs.clientVersion ?? target.facts.major
}

function describe({ facts, parameters }: Server) {
  return { version: facts.version, host: describeHost(parameters), provider: facts.provider }
}

/** Gets the client tools, of the target's major if no other is asked for, and asks them whether they take the user's arguments. */
export async function getTools(run: Run, { source, target }: Servers): Promise<ClientTools> {
  const { inputs, log, signal, toolCache, workDirectory, report } = run
  const tools = await prepareClientTools({
    major: toolsMajor(run, target),
    source: inputs.clientSource,
    repository: inputs.clientRepository,
    toolCache,
    temporary: workDirectory,
    wantsSafePsql: inputs.method === 'plain',
    log,
    signal,
  })
  const { version, directory, from, why, durationSeconds } = tools
  report.client = { version, path: directory, from, why, durationSeconds }
  for (const { side, parameters } of [source, target])
    tellUnknown(run, side, parameters, tools.major)
  log.info(`Client tools ${version} in ${directory} (${from}): ${why}`)
  const problems = await findRefusedArguments({
    tools,
    workDirectory,
    signal,
    method: inputs.method,
    jobs: inputs.jobs.value,
    pgDumpArguments: inputs.pgDumpArguments,
    pgRestoreArguments: inputs.pgRestoreArguments,
  })
  if (problems.length > 0) throw new InputError(problems)
  return tools
}

function tellUnknown(
  { log }: Run,
  side: ServerSide,
  parameters: ConnectionParameters,
  major: number,
): void {
  const unknown = unknownToTools(parameters, major)
  if (unknown.length === 0) return
  log.warning(
    `The client tools of ${major} do not know ${unknown.join(', ')} of "${side}-url"; this action's own sessions keep to it, theirs cannot.`,
  )
}

/** Lists the source's databases and chooses those that the inputs name, biggest first. */
export async function chooseDatabases(
  run: Run,
  { source }: Servers,
): Promise<readonly DatabaseFacts[]> {
  const { inputs, log } = run
  const all = await repeatedWhenLost(() => listDatabases(source))
  const choice = { wanted: inputs.databases, excluded: inputs.excludeDatabases }
  refuseImmovable(immovableDatabases(all, choice))
  tellUnmatched(run, all)
  const postgresIsEmpty = dependsOnPostgres(all, choice) && (await isPostgresEmpty(source, all))
  const selected = selectDatabases(all, choice, postgresIsEmpty)
  if (choosesNothing(all, choice, postgresIsEmpty)) {
    throw new UpgradeError(
      'The inputs "databases" and "exclude-databases" choose no database of the source. Nothing was touched.',
      {
        code: 'no-database-chosen',
        side: 'source',
        hint: 'Correct the names and patterns of the two inputs; what "exclude-databases" matches is left out even where "databases" names it.',
      },
    )
  }
  const what = inputs.mode === 'validate' ? 'compare' : 'move'
  log.info(
    selected.length === 0
      ? `No database to ${what}.`
      : `To ${what}, biggest first: ${selected.map(({ name }) => name).join(', ')}`,
  )
  return selected
}

/** A slip here would move what was to be left alone; but one list may also serve servers of which not all have everything. */
function tellUnmatched(run: Run, all: readonly DatabaseFacts[]): void {
  for (const item of unmatchedItems(all, run.inputs.excludeDatabases)) {
    addFinding(run, {
      check: 'database-missing',
      severity: 'warning',
      object: item,
      message: `The source has no database that ${JSON.stringify(item)} in "exclude-databases" names or matches, so that it leaves nothing out. Names are case-sensitive.`,
      remedy: 'Correct it in "exclude-databases", or leave it out.',
    })
  }
}

/** What is asked for by name and cannot be done is never passed over in silence. */
function refuseImmovable(names: readonly string[]): void {
  if (names.length === 0) return
  const list = names.map((name) => JSON.stringify(name)).join(', ')
  throw new UpgradeError(
    `The input "databases" names ${list}, which cannot be moved: the target has a database of its own of that name, which belongs to PostgreSQL or to the provider. Nothing was touched.`,
    {
      code: 'database-not-movable',
      side: 'source',
      hint: 'Leave it out of "databases". What template1 holds beyond the ordinary is created in the template1 of the target by hand.',
    },
  )
}

async function isPostgresEmpty(source: Server, all: readonly DatabaseFacts[]): Promise<boolean> {
  const postgres = all.find(({ name }) => name === 'postgres')
  if (!postgres?.allowsConnections) return true
  return repeatedWhenLost(() => holdsNothingToMove(source, 'postgres')).catch((error: unknown) => {
    throw error instanceof ConnectionError && error.code === 'not-allowed-by-server'
      ? unknownPostgres(error)
      : error
  })
}

function unknownPostgres({ message, code, side, hint = '', sqlState }: ConnectionError) {
  return new ConnectionError(
    `Whether the source's database "postgres" holds something, and is to be moved as well, cannot be seen. ${message}`,
    {
      code,
      side,
      hint: `Where it is not to be moved, name "postgres" in "exclude-databases", or only others in "databases". Where it is, let the role in: ${hint}`,
      sqlState,
    },
  )
}

/** Runs the checks; a blocking finding ends the run, with nothing touched. */
export async function check(
  run: Run,
  servers: Servers,
  tools: ClientTools | undefined,
  databases: readonly DatabaseFacts[],
): Promise<void> {
  const { inputs, log, signal, dumpDirectory } = run
  await tellStagingOfOthers(run, servers.target)
  const findings = await runChecks({
    ...servers,
    databases: databases.map(({ name }) => name),
    databasesAreNames: inputs.databases.areNames,
    existingDatabase: inputs.existingDatabase,
    isPublished: !isRehearsal(run),
    method: inputs.method,
    jobs: inputs.jobs.value,
    dumpDirectory,
    roles: inputs.roles,
    freezeSource: inputs.freezeSource,
    isCompared: inputs.validate !== 'none',
    ...queriesOf(run),
    toolsMajor: toolsMajor(run, servers.target),
    toolVersion: tools?.version,
    log,
    signal,
  })
  tellFindings(run, findings, databases.length)
}

/** Whether those runs live cannot be known: one that writes a dump needs no session on the target for hours. */
async function tellStagingOfOthers({ log }: Run, target: Server): Promise<void> {
  const { staging, setAside } = await repeatedWhenLost(() => listStagingDatabases(target))
  if (staging.length > 0)
    log.info(
      `The target has staging databases of other runs: ${staging.join(', ')}. Where none is at work, a killed one has left them, and they take disk until they are dropped: ${troubleshootingUrl('disk-full')}`,
    )
  // Nothing says whether what is in one of these is also elsewhere.
  if (setAside.length > 0)
    log.warning(
      `The target has databases that other runs have replaced: ${setAside.join(', ')}. Each had a real name until another database was published under it. Where no run is at work, one that was killed or could not drop them has left them. Look into each, then drop it, or give it its name back: ${troubleshootingUrl('replaced-database-left')}`,
    )
}

/** The one check of `validate`, which changes nothing and so has nothing else to be checked. */
export async function checkQueries(
  run: Run,
  { source }: Servers,
  databases: readonly DatabaseFacts[],
): Promise<void> {
  const names = databases.map(({ name }) => name)
  const options = { source, databases: names, ...queriesOf(run) }
  const findings: CheckFinding[] = []
  for (const found of await repeatedWhenLost(() => findUnusedQueries(options)))
    findings.push({ check: 'validation-query-unused', remedyInDatabase: false, ...found })
  for (const { name, allowsConnections, bytes } of databases) {
    // The comparison says of those that they cannot be read.
    if (!allowsConnections || bytes === null) continue
    for (const found of await findFailingQueries({ ...options, database: name }))
      findings.push({
        check: 'validation-query-failed',
        database: name,
        remedyInDatabase: true,
        ...found,
      })
  }
  tellFindings(run, findings, databases.length)
}

function queriesOf({ inputs }: Run) {
  return { queries: inputs.validationQueries, isPart: inputs.part !== undefined }
}
