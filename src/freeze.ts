/** `freeze-source`: the source takes no writes while its databases are moved. */
import { UpgradeError } from './errors.js'
import { formatRoughly } from './report/format.js'
import { sayWhileRunning } from './report/progress.js'
import type { Run } from './run.js'
import { freezeSource, releaseSource, type Freeze, type Server } from './server/index.js'
import type { DatabaseProperties } from './staging/index.js'

/** How long a transaction that is writing may take to end by itself. */
const graceSeconds = 30

/**
 * Freezes the databases around `work`, if the inputs say so. After a run in which everything passed the source stays
 * frozen, because the target has taken over; after any other it is released.
 */
export async function withFrozenSource(
  run: Run,
  source: Server,
  databases: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const { inputs, journal, log, signal, report } = run
  if (!inputs.freezeSource) return work()
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
    const passed = report.databases.every(({ result }) => result === 'passed')
    if (!passed) await release(run, source)
    else log.notice('The source stays read-only, because everything has been moved.')
    journal.setFreeze(null)
  } catch (error) {
    // After a cancel, the clean-up releases it over connections of its own.
    if (!signal.aborted) {
      await release(run, source)
      journal.setFreeze(null)
    }
    throw error
  }
}

async function release({ journal, log }: Run, source: Server): Promise<void> {
  const { freeze } = journal.entries()
  if (freeze === null) return
  await releaseSource(source, freeze)
  log.info('The source takes writes again.')
}

const setting = 'default_transaction_read_only'

/** The properties as they were before the freeze: the target must not begin its life read-only. */
export function propertiesBeforeFreeze(
  properties: DatabaseProperties,
  database: string,
  freeze: Freeze | null,
): DatabaseProperties {
  const frozen = freeze?.databases.find(({ name }) => name === database)
  if (frozen === undefined) return properties
  const before = [{ role: null, before: frozen.before }, ...frozen.roles]
  return {
    ...properties,
    settings: [
      ...properties.settings.filter(
        ({ role, name }) => name !== setting || !before.some((entry) => entry.role === role),
      ),
      ...before.flatMap(({ role, before: value }) =>
        value === null ? [] : [{ role, name: setting, value }],
      ),
    ],
  }
}
