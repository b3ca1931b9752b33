/** The story of one database: snapshot, staging database, transfer, validation, ANALYZE, publication. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClientTools } from './client/tools.js'
import { tellDrift } from './drift.js'
import { CancelledError, throwIfCancelled, UpgradeError } from './errors.js'
import { withCopyTimes } from './report/copy-times.js'
import { formatRoughly } from './report/format.js'
import { outcomeOf } from './report/outcome.js'
import { sayWhileRunning } from './report/progress.js'
import { propertiesBeforeFreeze } from './freeze.js'
import type { Servers } from './preparation.js'
import { startDatabaseReport, type DatabaseReport } from './report/report.js'
import { addFinding, reportedError, timePhase, type Run } from './run.js'
import { exportSnapshot, type DatabaseFacts, type Snapshot } from './server/index.js'
import {
  analyzeDatabase,
  createStagingDatabase,
  localeFindings,
  dropStagingDatabase,
  publishDatabase,
  readProperties,
  stagingPrefix,
  type DatabaseProperties,
} from './staging/index.js'
import {
  chooseMethod,
  readMethodFacts,
  transfers,
  watchProgress,
  type MethodChoice,
  type TransferResult,
} from './transfer/index.js'
import {
  captureSequences,
  countWrites,
  queriesFor,
  validateDatabase,
  type SequenceStates,
} from './validate/index.js'

interface DatabaseRun extends Run, Servers {
  readonly tools: ClientTools
  readonly database: DatabaseFacts
  readonly staging: string
  readonly setAside: string
  readonly entry: DatabaseReport
}

/** Moves one database. Whatever goes wrong is told in its part of the report, and leaves nothing under its real name. */
export async function upgradeDatabase(
  run: Run,
  servers: Servers,
  tools: ClientTools,
  database: DatabaseFacts,
  index: number,
): Promise<void> {
  const entry = startDatabaseReport(database.name, database.bytes)
  run.report.databases.push(entry)
  const staging = `${stagingPrefix}${run.id}_${index}`
  const context = {
    ...run,
    ...servers,
    tools,
    database,
    staging,
    setAside: `${staging}_old`,
    entry,
  }
  const started = run.now()
  entry.startedAt = started.toISOString()
  try {
    await tellStory(context)
    entry.result = entry.differences.length === 0 ? 'passed' : 'failed'
    run.log.info(outcomeOf(entry, run.report.mode))
  } catch (error) {
    entry.result = 'failed'
    entry.error = reportedError(error, run.signal)
    run.log.error(`${database.name}: ${entry.error.message}`)
    if (entry.error.hint !== undefined) run.log.info(entry.error.hint)
  } finally {
    entry.durationSeconds = (run.now().getTime() - started.getTime()) / 1000
  }
  if (run.signal.aborted) throw new CancelledError()
}

async function tellStory(run: DatabaseRun): Promise<void> {
  const { source, database, staging, entry } = run
  const phase = spoken(run)
  const properties = await source.withSession(undefined, async (session) =>
    propertiesBeforeFreeze(
      await readProperties(session, database.name, source.facts.major),
      database.name,
      run.journal.entries().freeze,
    ),
  )
  const snapshot = await phase('snapshot', 'source', () => exportSnapshot(source, database.name))
  try {
    const sequences = await captureSequences({ server: source, database: database.name, snapshot })
    const written = await countWrites(source, database.name)
    await phase('create', 'target', () => createStaging(run, properties))
    const moved = await Promise.race([transfer(run, snapshot), snapshot.lost])
    await Promise.race([validate(run, snapshot, sequences, moved), snapshot.lost])
    await analyze(run)
    entry.drift = await tellDrift(run, source, snapshot, written)
    if (entry.differences.length === 0) {
      await phase('publish', 'target', () => publish(run, properties))
    }
  } finally {
    await snapshot.release()
    await dropStaging(run, staging)
  }
}

/** Phases that say nothing themselves are said to be still running. */
function spoken(run: DatabaseRun): PhaseTimer {
  const phase = phaseOf(run)
  return (name, side, work) =>
    phase(name, side, () =>
      sayWhileRunning(
        run.log.info,
        (seconds) => `${run.database.name}: ${name} still running, ${formatRoughly(seconds)} gone`,
        work,
      ),
    )
}

type PhaseTimer = <T>(
  name: string,
  side: 'source' | 'target' | 'runner' | 'both',
  work: () => Promise<T>,
) => Promise<T>

function phaseOf(run: DatabaseRun): PhaseTimer {
  return (name, side, work) => {
    throwIfCancelled(run.signal)
    return timePhase(run, run.entry.phases, name, side, work)
  }
}

async function createStaging(run: DatabaseRun, properties: DatabaseProperties): Promise<void> {
  run.journal.addStagingDatabase(run.staging)
  const used = await createStagingDatabase(run.target, run.staging, properties)
  for (const finding of localeFindings(run.database.name, properties, used)) {
    addFinding(run, finding)
  }
}

async function transfer(run: DatabaseRun, snapshot: Snapshot): Promise<TransferResult> {
  const { database, entry, inputs, log, journal, source, target } = run
  const bytes = database.bytes ?? 0
  const { name, why } = await decideMethod(run, bytes)
  entry.method = { name, why }
  entry.jobs = name === 'plain' || name === 'stream' ? 1 : inputs.jobs.value
  log.info(`Method ${name} (${why}), ${entry.jobs} job${entry.jobs === 1 ? '' : 's'}.`)
  const dumpDirectory = join(run.dumpDirectory, run.staging)
  journal.addPath(dumpDirectory)
  await mkdir(dumpDirectory, { recursive: true, mode: 0o700 })
  const logDirectory = join(run.reportDirectory, run.staging.slice(stagingPrefix.length))
  await mkdir(logDirectory, { recursive: true, mode: 0o700 })
  const watch = watchProgress({
    target,
    database: database.name,
    stagingDatabase: run.staging,
    sourceBytes: bytes,
    log,
  })
  try {
    const result = await transfers[name]({
      ...run,
      ...watch,
      database: database.name,
      stagingDatabase: run.staging,
      snapshot,
      jobs: inputs.jobs.value,
      source,
      target,
      dumpDirectory,
      logDirectory,
      pgDumpArguments: inputs.pgDumpArguments,
      pgRestoreArguments: inputs.pgRestoreArguments,
      onChild: journal.addChild,
      phase: phaseOf(run),
      span: (span) => entry.spans.push(span),
      finding: (finding) => {
        addFinding(run, finding)
      },
    })
    entry.ignoredErrors.push(...result.ignoredErrors)
    return result
  } finally {
    watch.stop()
  }
}

async function decideMethod(run: DatabaseRun, bytes: number): Promise<MethodChoice> {
  const { inputs, source, database, dumpDirectory, tools } = run
  if (inputs.method !== 'auto') return { name: inputs.method, why: 'asked for' }
  return chooseMethod(
    await readMethodFacts(source, database.name, bytes, inputs.jobs.value, dumpDirectory, {
      clientMajor: tools.major,
      pgDumpArguments: inputs.pgDumpArguments,
      pgRestoreArguments: inputs.pgRestoreArguments,
    }),
  )
}

async function validate(
  run: DatabaseRun,
  snapshot: Snapshot,
  capturedSequences: SequenceStates,
  { expected }: TransferResult,
): Promise<void> {
  const { inputs, entry, source, target, database, staging, log, signal } = run
  if (inputs.validate === 'none') return
  const level = inputs.validate
  await spoken(run)('validate', 'both', async () => {
    const { tables, differences } = await validateDatabase({
      source: { server: source, database: database.name, snapshot },
      target: { server: target, database: staging },
      capturedSequences,
      level,
      queries: queriesFor(inputs.validationQueries, database.name),
      jobs: inputs.jobs.value,
      expected,
      span: (span) => entry.spans.push(span),
      log,
      signal,
    })
    entry.tables.push(...withCopyTimes(tables, entry.spans))
    entry.differences.push(...differences)
  })
  for (const { kind, object, source: left, target: right } of entry.differences) {
    log.error(
      `${kind} ${object}: ${left ?? 'nothing'} on the source, ${right ?? 'nothing'} on the target`,
    )
  }
}

async function analyze(run: DatabaseRun): Promise<void> {
  const { inputs, target, staging, database, signal } = run
  if (!inputs.analyze || run.entry.differences.length > 0) return
  await spoken(run)('analyze', 'target', () =>
    analyzeDatabase({
      target,
      database: staging,
      name: database.name,
      jobs: inputs.jobs.value,
      signal,
      finding: (finding) => {
        addFinding(run, finding)
      },
    }),
  )
}

async function publish(run: DatabaseRun, properties: DatabaseProperties): Promise<void> {
  const { target, staging, setAside, database, inputs, entry, journal } = run
  const differences = await publishDatabase({
    target,
    stagingDatabase: staging,
    name: database.name,
    properties,
    existingDatabase: inputs.existingDatabase,
    setAside,
    rehearsal: run.report.mode === 'rehearse',
    finding: (finding) => {
      addFinding(run, finding)
    },
    onSetAside: journal.addStagingDatabase,
  })
  entry.differences.push(...differences)
  // A rehearsal has published nothing: its staging database is dropped with the others.
  if (run.report.mode === 'rehearse') return
  journal.removeStagingDatabase(staging)
  journal.removeStagingDatabase(setAside)
}

/** Drops what was not published. What cannot be dropped now stays in the journal for the end of the run. */
async function dropStaging(run: DatabaseRun, staging: string): Promise<void> {
  const { journal, target, log, signal } = run
  if (signal.aborted || !journal.entries().stagingDatabases.includes(staging)) return
  try {
    await dropStagingDatabase(target, staging)
    journal.removeStagingDatabase(staging)
  } catch (error) {
    if (!(error instanceof UpgradeError)) throw error
    log.warning(`Staging database ${staging} could not be dropped yet: ${error.message}`)
  }
}
