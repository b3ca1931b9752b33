/** Chooses the method for one database, and runs it. */
import { join } from 'node:path'
import { addFindingOnce, phaseOf, type DatabaseRun } from './database-run.js'
import type { Snapshot } from '../server/index.js'
import { renewStagingDatabase, stagingPrefix } from '../staging/index.js'
import type { NamedValue } from '../telling/settings.js'
import {
  chooseMethod,
  copyDatabaseWith,
  fitInitialObjects,
  readMethodFacts,
  transfers,
  watchProgress,
  withEventTriggersOff,
  type MethodChoice,
  type TransferOptions,
  type TransferResult,
} from '../transfer/index.js'
import { makeFolder } from '../folders.js'
import { makeLogFolder } from '../report/index.js'

/** Fills the staging database. Tools get a folder of this database's own. */
export async function transferDatabase(
  run: DatabaseRun,
  snapshot: Snapshot,
  stagingSettings: readonly NamedValue[],
): Promise<TransferResult> {
  const { database, entry, inputs, log, journal, source, target, scheduler } = run
  const bytes = database.bytes ?? 0
  const { name, why } = await decideMethod(run, bytes)
  entry.method = { name, why }
  entry.jobs = name === 'plain' || name === 'stream' ? 1 : inputs.jobs.value
  log.info(`Method ${name} (${why}), ${entry.jobs} job${entry.jobs === 1 ? '' : 's'}.`)
  const dumpDirectory = join(run.dumpDirectory, run.staging)
  journal.addPath(dumpDirectory)
  await makeFolder(dumpDirectory, 0o700)
  const workDirectory = join(run.workDirectory, run.staging)
  await makeFolder(workDirectory, 0o700)
  const logDirectory = await makeLogFolder(
    run.reportDirectory,
    run.staging.slice(stagingPrefix.length),
  )
  const watch = watchProgress({
    target,
    database: database.name,
    stagingDatabase: run.staging,
    sourceBytes: bytes,
    log,
    clock: run.clock,
  })
  try {
    const transfer =
      name === 'copy'
        ? (options: TransferOptions) => copyDatabaseWith(options, scheduler)
        : transfers[name]
    const options: TransferOptions = {
      ...run,
      ...watch,
      workDirectory,
      database: database.name,
      stagingDatabase: run.staging,
      stagingSettings,
      renewStaging: () => renewStagingDatabase(target, run.staging),
      snapshot,
      jobs: inputs.jobs.value,
      source,
      target,
      dumpDirectory,
      logDirectory,
      pgDumpArguments: inputs.pgDumpArguments,
      pgRestoreArguments: inputs.pgRestoreArguments,
      onChild: journal.addChild,
      foreignSides: new Set(
        [source, target].filter(({ facts }) => !facts.saysEnglish).map(({ side }) => side),
      ),
      phase: phaseOf(run),
      span: (span) => entry.spans.push(span),
      finding: (finding) => {
        addFindingOnce(run, finding)
      },
    }
    const { ignoredErrors, expected } = await transfer(options)
    entry.ignoredErrors.push(...ignoredErrors)
    const isTold = await withEventTriggersOff({ ...options, scheduler }, () =>
      scheduler.lend(1, () => fitInitialObjects(options)),
    )
    return {
      ignoredErrors,
      expected: (difference) => isTold(difference) || expected?.(difference) === true,
    }
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
