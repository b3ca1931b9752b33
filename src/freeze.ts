/** `freeze-source`: the source takes no writes while its databases are moved. */
import { messageOf, UpgradeError } from './errors.js'
import { formatRoughly } from './report/format.js'
import { sayWhileRunning } from './report/progress.js'
import { addFinding, type Run } from './run.js'
import {
  freezeSource,
  readOnlySetting,
  releaseSource,
  releaseStatements,
  valueBeforeFreeze,
  type Server,
} from './server/index.js'
import type { DatabaseProperties } from './staging/index.js'

/** How long a transaction that is writing may take to end by itself. */
const graceSeconds = 30

/**
 * Freezes the databases around the `work` of an upgrade, if the inputs say so. After a run in which everything passed the
 * source stays frozen, because the target has taken over; after any other it is released.
 */
export async function withFrozenSource(
  run: Run,
  source: Server,
  databases: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const { inputs, journal, log, signal, report } = run
  if (!inputs.freezeSource || inputs.mode !== 'upgrade') return work()
  if (source.facts.isStandby) {
    throw new UpgradeError('A standby cannot be frozen: it takes its settings from its primary.', {
      code: 'freeze-failed',
      side: 'source',
      hint: 'Name the primary in "source-url", or leave "freeze-source" out.',
    })
  }
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
    if (!signal.aborted) await releaseAfterError(run, source)
    throw error
  }
  const passed = report.databases.every(({ result }) => result === 'passed')
  if (passed) leaveFrozen(run)
  else await release(run, source)
  journal.setFreeze(null)
}

/** Says what stays read-only, and how it is released, where somebody looks who needs it at night: in the report. */
function leaveFrozen(run: Run): void {
  run.log.notice('The source stays read-only, because everything has been moved.')
  const isTold = (name: string) =>
    run.report.findings.some(
      ({ check, database }) => check === 'source-frozen' && database === name,
    )
  for (const database of run.journal.entries().freeze?.databases ?? []) {
    // The check has told it where an earlier run had frozen the database already.
    if (isTold(database.name)) continue
    addFinding(run, {
      check: 'source-frozen',
      severity: 'note',
      database: database.name,
      message:
        'The database stays read-only on the source, because the target has taken over. To go back to the source, let it be written to again.',
      remedy: `-- on the source, to go back to it\n${releaseStatements([database])}`,
    })
  }
}

async function release({ journal, log }: Run, source: Server): Promise<void> {
  const { freeze } = journal.entries()
  if (freeze !== null) await releaseSource(source, freeze, log)
}

/** What went wrong first is what the run fails with; that the source could not be released comes beside it. */
async function releaseAfterError(run: Run, source: Server): Promise<void> {
  const { freeze } = run.journal.entries()
  if (freeze === null) return
  try {
    await release(run, source)
    run.journal.setFreeze(null)
  } catch (failure) {
    addFinding(run, {
      check: 'source-frozen',
      severity: 'warning',
      message: `What was frozen stays so. ${messageOf(failure)}`,
      remedy: `-- on the source, as the owner of the databases or a superuser\n${releaseStatements(freeze.databases)}`,
    })
  }
}

/** The properties as they were before a freeze, of whatever run: the target must not begin its life read-only. */
export function propertiesBeforeFreeze(properties: DatabaseProperties): DatabaseProperties {
  return {
    ...properties,
    settings: properties.settings.flatMap((setting) => {
      if (setting.name !== readOnlySetting) return [setting]
      const value = valueBeforeFreeze(setting.value)
      return value === null ? [] : [{ ...setting, value }]
    }),
  }
}
