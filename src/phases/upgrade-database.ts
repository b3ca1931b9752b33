/** The story of one database: snapshot, staging database, transfer, validation, ANALYZE, publication. */
import { explainingChanges, throwIfChanged, throwIfRelabelled } from './explain-changes.js'
import {
  addFindingOnce,
  counted,
  foreseenOf,
  saying,
  spoken,
  type DatabaseRun,
  type Shared,
} from './database-run.js'
import { createStaging } from './create-staging.js'
import { tellDrift, type DriftLook } from './tell-drift.js'
import { CancelledError, UpgradeError } from '../errors.js'
import { isFrozen } from './frozen-source.js'
import { analyzeUnfinished, driftUnknown, informing } from './informing.js'
import { withCopyTimes } from '../report/copy-times.js'
import { outcomeOf } from '../report/outcome.js'
import { startDatabaseReport } from '../report/report.js'
import { addDifferences, addFinding, reportedError, type Run } from '../run.js'
import { tellDifferences } from './tell-differences.js'
import { tellRefusedFunctions } from './refused-functions.js'
import { tellComputedOtherwise } from './computed-otherwise.js'
import {
  exportSnapshot,
  repeatedWhenLost,
  type DatabaseFacts,
  type Snapshot,
} from '../server/index.js'
import {
  analyzeDatabase,
  dropStagingDatabase,
  publishDatabase,
  propertiesBeforeFreeze,
  readProperties,
  setAsideSuffix,
  stagingPrefix,
  type DatabaseProperties,
} from '../staging/index.js'
import { refuseAfterCrash, tellingOfCrash, watchForCrash, type CrashWatch } from './target-crash.js'
import { tellUnfinishedIndexes } from './unfinished-indexes.js'
import { transferDatabase } from './transfer-database.js'
import type { TransferResult } from '../transfer/index.js'
import {
  captureSequences,
  countWrites,
  queriesFor,
  readLabels,
  validateDatabase,
  withRowsRevealed,
  type SequenceStates,
} from '../validate/index.js'

/** Moves one database. Whatever goes wrong is told in its part of the report, and leaves nothing under its real name. */
export async function upgradeDatabase(
  run: Run,
  shared: Shared,
  database: DatabaseFacts,
  index: number,
): Promise<void> {
  const entry = startDatabaseReport(database.name, database.bytes)
  run.report.databases.push(entry)
  const staging = `${stagingPrefix}${run.id}_${index}`
  const context = {
    ...run,
    ...shared,
    database,
    staging,
    setAside: `${staging}${setAsideSuffix}`,
    entry,
    foreseen: foreseenOf(run, database.name),
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
  const properties = await repeatedWhenLost(() =>
    source.withSession(undefined, async (session) =>
      propertiesBeforeFreeze(await readProperties(session, database.name, source.facts.major)),
    ),
  )
  // Before the snapshot: what is written between the two is looked at as well.
  const before = await repeatedWhenLost(() => countWrites(source, database.name))
  const snapshot = await phase('snapshot', 'source', () =>
    exportSnapshot(source, database.name, {
      onWait: (who) => {
        run.log.warning(`${database.name}: the snapshot waits on the source: ${who}.`)
      },
    }),
  )
  try {
    await tellUnfinishedIndexes(run, snapshot)
    const sequences = await captureSequences({ server: source, database: database.name, snapshot })
    const labels = await snapshot.withSession(readLabels)
    const settings = await phase('create', 'target', () => createStaging(run, properties))
    const crashes = await watchForCrash(run.target)
    await explainingChanges(source, snapshot, async () => {
      const { value: moved, hasCrashed } = await inside(run, snapshot, (held) =>
        tellingOfCrash(held, crashes, () => transferDatabase(held, snapshot, settings)),
      )
      // Then what the target has committed says nothing of what it holds.
      const least = hasCrashed ? 'counts' : 'none'
      await inside(run, snapshot, (held) => validate(held, snapshot, sequences, moved, least))
    })
    await throwIfRelabelled(source, database.name, labels)
    await throwIfChanged(source, snapshot, entry.differences)
    await analyze(run)
    const look = await informing(run, driftUnknown(database.name), () =>
      saying(run, 'drift', () =>
        lend(run, (jobs) =>
          repeatedWhenLost(async () =>
            tellDrift(run, {
              jobs,
              snapshot,
              before,
              isFrozen: await isFrozen(run, source, database.name),
            }),
          ),
        ),
      ),
    )
    if (look !== undefined) entry.drift = look.drift
    if (entry.differences.length === 0) {
      await phase('publish', 'target', () => publish(run, properties, crashes, look))
    }
  } finally {
    await snapshot.release()
    await saying(run, 'drop', () => dropStaging(run, staging))
  }
}

/** What reads inside the snapshot is given up with it. */
async function inside<T>(
  run: DatabaseRun,
  snapshot: Snapshot,
  work: (run: DatabaseRun) => Promise<T>,
): Promise<T> {
  const givenUp = new AbortController()
  const signal = AbortSignal.any([run.signal, givenUp.signal])
  try {
    return await Promise.race([work({ ...run, signal }), snapshot.lost])
  } finally {
    givenUp.abort()
  }
}

/** Work that opens as many sessions as it is told, which are not more than the other databases leave. */
function lend<T>(run: DatabaseRun, work: (jobs: number) => Promise<T>): Promise<T> {
  return run.scheduler.lend(run.inputs.jobs.value, work)
}

async function validate(
  run: DatabaseRun,
  snapshot: Snapshot,
  capturedSequences: SequenceStates,
  { expected }: TransferResult,
  least: 'none' | 'counts',
): Promise<void> {
  const { inputs, entry, source, target, database, staging, log, signal } = run
  const level = inputs.validate === 'none' ? least : inputs.validate
  const queries = queriesFor(inputs.validationQueries, database.name)
  if (level === 'none' && queries.length === 0) return
  await counted(run)(level === 'none' ? 'queries' : 'validate', 'both', async (advance, turnTo) => {
    const { tables, differences, computedOtherwise } = await lend(run, (jobs) =>
      validateDatabase({
        source: { server: source, database: database.name, snapshot },
        target: { server: target, database: staging },
        isStaging: true,
        capturedSequences,
        level,
        queries,
        jobs,
        expected,
        onTable: advance,
        onStage: turnTo,
        span: (span) => entry.spans.push(span),
        log,
        signal,
      }),
    )
    entry.tables.push(...withCopyTimes(tables, entry.spans))
    addDifferences(entry.differences, differences)
    tellComputedOtherwise(run, database.name, computedOtherwise, target.facts.major)
    if (level === 'none') return
    turnTo('the functions')
    const { name } = database
    await tellRefusedFunctions(run, { source, target, name, snapshot, targetDatabase: staging })
  })
  tellDifferences(log, database.name, entry.differences)
}

async function analyze(run: DatabaseRun): Promise<void> {
  const { inputs, target, staging, database, signal } = run
  if (!inputs.analyze || run.entry.differences.length > 0) return
  await counted(run)('analyze', 'target', async (advance) => {
    await lend(run, (jobs) =>
      withRowsRevealed({ server: target, database: staging }, () =>
        informing(run, analyzeUnfinished(database.name), () =>
          analyzeDatabase({
            target,
            database: staging,
            name: database.name,
            jobs,
            signal,
            onTable: advance,
            finding: (finding) => {
              addFinding(run, finding)
            },
          }),
        ),
      ),
    )
  })
}

async function publish(
  run: DatabaseRun,
  properties: DatabaseProperties,
  crashes: CrashWatch,
  look: DriftLook | undefined,
): Promise<void> {
  const { target, staging, setAside, database, inputs, entry, journal, log } = run
  const unlogged = await captureSequences({ server: target, database: staging }, 'unlogged')
  const { differences } = await publishDatabase({
    target,
    stagingDatabase: staging,
    name: database.name,
    properties,
    existingDatabase: inputs.existingDatabase,
    setAside,
    rehearsal: run.report.mode === 'rehearse',
    finding: (finding) => {
      addFindingOnce(run, finding)
    },
    onSetAside: (name) => {
      // Told again with every attempt.
      if (journal.entries().stagingDatabases.includes(name)) return
      journal.addStagingDatabase(name)
      log.info(`${database.name}: takes the place of the database of that name on the target.`)
    },
    onPublished: (oid) => {
      journal.removeStagingDatabase(staging)
      journal.addPublished(database.name)
      run.published.push({ entry, staging, setAside, oid, crashes, look, unlogged })
    },
    onSettled: journal.removeStagingDatabase,
    beforeCommit: (session) => refuseAfterCrash(crashes, session),
    signal: run.signal,
  })
  addDifferences(entry.differences, differences)
  tellDifferences(log, database.name, entry.differences)
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
