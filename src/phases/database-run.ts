/** What the steps of one database's story share. */
import { foreseen } from '../check/index.js'
import type { ClientTools } from '../client/tools.js'
import { throwIfCancelled } from '../errors.js'
import type { Servers } from './preparation.js'
import { formatRoughly } from '../report/format.js'
import {
  countWhileRunning,
  sayWhileRunning,
  type Advance,
  type TurnTo,
} from '../report/progress.js'
import type { DatabaseReport, Finding } from '../report/report.js'
import { addFinding, timePhase, type Run } from '../run.js'
import type { DatabaseFacts } from '../server/index.js'
import type { Published } from './look-at-published.js'
import type { Scheduler } from '../transfer/index.js'

/** What the databases of one run share. */
export interface Shared extends Servers {
  readonly tools: ClientTools
  /** Its slots are all the sessions that work at once, whatever the number of databases. */
  readonly scheduler: Scheduler
  /** What has got its real name so far. */
  readonly published: Published[]
}

export interface DatabaseRun extends Run, Shared {
  readonly database: DatabaseFacts
  readonly staging: string
  readonly setAside: string
  readonly entry: DatabaseReport
  /** What checks have foreseen of this database, and the move has not told yet. */
  readonly foreseen: Set<Finding>
}

/** Phases that say nothing themselves are said to be still running. */
export function spoken(run: DatabaseRun): PhaseTimer {
  const phase = phaseOf(run)
  return (name, side, work) => phase(name, side, () => saying(run, name, work))
}

/** Says every 15 seconds that the work is still running. */
export function saying<T>(run: DatabaseRun, name: string, work: () => Promise<T>): Promise<T> {
  return sayWhileRunning(
    run.log.info,
    (seconds) => `${run.database.name}: ${name} still running, ${formatRoughly(seconds)} gone`,
    work,
    run.clock,
  )
}

/** Phases that go from table to table say how many of how many are done. */
export function counted(run: DatabaseRun) {
  const phase = phaseOf(run)
  return (
    name: 'validate' | 'queries' | 'analyze',
    side: 'target' | 'both',
    work: (advance: Advance, turnTo: TurnTo) => Promise<void>,
  ): Promise<void> =>
    phase(name, side, () => countWhileRunning(`${run.database.name}: ${name}`, run, work))
}

type PhaseTimer = <T>(
  name: string,
  side: 'source' | 'target' | 'runner' | 'both',
  work: () => Promise<T>,
) => Promise<T>

/** Times the phases of one database; none begins once the run is cancelled. */
export function phaseOf(run: DatabaseRun): PhaseTimer {
  return (name, side, work) => {
    throwIfCancelled(run.signal)
    return timePhase(run, run.entry.phases, name, side, work)
  }
}

/** What checks have found that the move of a database tells as well. */
export function foreseenOf({ report }: Pick<Run, 'report'>, name: string): Set<Finding> {
  return new Set(
    report.findings.filter(({ check, database }) => database === name && foreseen.has(check)),
  )
}

/**
 * Adds what has been found while the database was moved. What a check has foreseen is not told twice: a rehearsal leaves it at
 * that, which says what is to be done before the upgrade; after an upgrade it is told as it has come.
 */
export function addFindingOnce(run: DatabaseRun, finding: Finding): void {
  const { findings, mode } = run.report
  const { check, object } = finding
  const same = [...run.foreseen].find((each) => each.check === check && each.object === object)
  if (same !== undefined) {
    run.foreseen.delete(same)
    if (mode === 'rehearse') return
    findings.splice(findings.indexOf(same), 1)
  }
  addFinding(run, finding)
}
