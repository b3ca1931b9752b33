/** `freeze-source`: the source takes no writes while its databases are moved. */
import { sourceReleased } from '../cleanup/index.js'
import { messageOf, UpgradeError } from '../errors.js'
import { formatRoughly } from '../report/format.js'
import { informing } from './informing.js'
import { sayWhileRunning } from '../report/progress.js'
import type { Finding } from '../report/report.js'
import { addFinding, type Run } from '../run.js'
import {
  freezeSource,
  holdFreezeLocks,
  isFrozenAnyway,
  releaseSource,
  releaseStatements,
  repeatedWhenLost,
  takesWrites,
  type FrozenDatabase,
  type Server,
} from '../server/index.js'

/** How long a transaction that is writing may take to end by itself. */
const graceSeconds = 30

/**
 * Freezes the databases around the `work` of an upgrade, if the inputs say so. After a run in which everything passed the
 * source stays frozen, because the target has taken over; after any other it is released, also where roles are lost.
 */
export async function withFrozenSource(
  run: Run,
  source: Server,
  databases: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const { inputs, log, signal } = run
  if (!inputs.freezeSource || inputs.mode !== 'upgrade') return work()
  if (source.facts.isStandby) {
    throw new UpgradeError('A standby cannot be frozen: it takes its settings from its primary.', {
      code: 'freeze-failed',
      side: 'source',
      hint: 'Name the primary in "source-url", or leave "freeze-source" out.',
    })
  }
  const locks = await repeatedWhenLost(() => holdFreezeLocks(source, databases, log))
  try {
    await freezeAround(run, source, databases, work)
  } finally {
    // After a cancel, the clean-up releases what is frozen; then the locks end with the process.
    if (!signal.aborted) await locks.release()
  }
}

async function freezeAround(
  run: Run,
  source: Server,
  databases: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const { journal, log, signal, report } = run
  try {
    await sayWhileRunning(
      log.info,
      (seconds) => `Freezing the source: still running, ${formatRoughly(seconds)} gone`,
      () =>
        freezeSource(source, {
          databases,
          graceSeconds,
          log,
          signal,
          onFreeze: journal.setFreeze,
        }),
      run.clock,
    )
    await work()
  } catch (error) {
    // After a cancel, the clean-up releases it over connections of its own.
    if (!signal.aborted) await releaseAtOnce(run, source)
    throw error
  }
  const hasPassed = report.databases.every(({ result }) => result === 'passed')
  if (!hasPassed || report.differences.length > 0) {
    await releaseAtOnce(run, source)
    return
  }
  await leaveFrozen(run, source)
  journal.setFreeze(null)
}

/** Whether this run has frozen the database, and nobody has let it be written to since. */
export async function isFrozen(
  { journal }: Pick<Run, 'journal'>,
  source: Server,
  database: string,
): Promise<boolean> {
  return journal.entries().freeze !== null && !(await takesWrites(source, database))
}

/** Says what stays read-only, and how it is released, where somebody looks who needs it at night: in the report. */
async function leaveFrozen(run: Run, source: Server): Promise<void> {
  const findings: Finding[] = []
  for (const database of run.journal.entries().freeze?.databases ?? []) {
    const finding = await informing(run, frozenUnknown(database), async () =>
      frozenFinding(
        run,
        database,
        await repeatedWhenLost(() => takesWrites(source, database.name)),
      ),
    )
    if (finding !== undefined) findings.push(finding)
  }
  if (findings.every(({ severity }) => severity === 'note'))
    run.log.notice('The source stays read-only, because everything has been moved.')
  for (const finding of findings) addFinding(run, finding)
}

function frozenFinding(
  { report }: Run,
  database: FrozenDatabase,
  isThawed: boolean,
): Finding | undefined {
  const { name } = database
  const finding = { check: 'source-frozen' as const, database: name }
  if (isThawed) {
    return {
      ...finding,
      severity: 'warning',
      message: `The database ${JSON.stringify(name)} was frozen by this run and takes writes again on the source: somebody has changed its default_transaction_read_only meanwhile. What has been written there since the snapshot is not on the target.`,
      remedy:
        'Stop what writes to it on the source, and compare both servers with "mode: validate" before applications use the target.',
    }
  }
  const remedy = `-- on the source, to go back to it\n${releaseStatements([database])}`
  const drift = report.databases.find((entry) => entry.name === name)?.drift?.tables ?? []
  if (drift.length > 0) {
    return {
      ...finding,
      severity: 'warning',
      message: `The database ${JSON.stringify(name)} is read-only by default on the source, and yet rows were written there after the snapshot, which are not on the target: the drift names the tables. A subscription writes in spite of a freeze, and so does a session that sets its transactions to read write. To go back to the source, let it be written to again.`,
      remedy,
    }
  }
  // The check has told it where an earlier run had frozen the database already, and that somebody else has made it read-only.
  const isNoted = report.findings.some(
    (told) => told.check === finding.check && told.database === name && told.severity === 'note',
  )
  if (isNoted || isFrozenAnyway(database)) return
  return {
    ...finding,
    severity: 'note',
    message:
      'The database stays read-only on the source, because the target has taken over. To go back to the source, let it be written to again.',
    remedy,
  }
}

function frozenUnknown(database: FrozenDatabase): (reason: string) => Finding {
  return (reason) => ({
    check: 'source-frozen',
    severity: 'warning',
    database: database.name,
    message: `The database ${JSON.stringify(database.name)} was frozen by this run, and it is not known whether it still is on the source: ${reason}`,
    remedy: `-- on the source, to go back to it\n${releaseStatements([database])}`,
  })
}

/** What cannot be released now stays in the journal: the clean-up tries again, over connections of its own, and tells it. */
async function releaseAtOnce(run: Run, source: Server): Promise<void> {
  const { journal, log } = run
  const { freeze } = journal.entries()
  if (freeze === null) return
  for (const finding of sourceReleased(journal.entries())) addFinding(run, finding)
  try {
    await releaseSource(source, freeze, log)
    journal.setFreeze(null)
  } catch (error) {
    log.warning(
      `The source is still frozen, and it is tried again to release it when the run clears up. ${messageOf(error)}`,
    )
  }
}
