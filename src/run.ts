/** What one run carries through its phases: inputs, log, signal, clock, the report, and where things are put. */
import type { Inputs } from './inputs/inputs.js'
import { explainFailure, hintOf } from './explain/index.js'
import type { Journal } from './cleanup/index.js'
import { CancelledError, UpgradeError, codeOf, limitHint, messageOf, type Side } from './errors.js'
import type { Log } from './log.js'
import { longestEntry, shorten } from './report/format.js'
import { byHarm } from './report/harm.js'
import { troubleshootingUrl } from './report/links.js'
import type { Clock } from './report/progress.js'
import type { Difference, Finding, Phase, Report, ReportedError } from './report/report.js'
import { withUnicodeEscapes } from './report/unicode-escapes.js'
import { withoutKnownSecrets } from './telling/known-secrets.js'
import { withoutSecrets } from './telling/secrets.js'

export interface Run {
  readonly inputs: Inputs
  readonly report: Report
  readonly log: Log
  readonly signal: AbortSignal
  readonly now: () => Date
  /** Brings the lines about how far long work is. */
  readonly clock: Clock
  /** Eight characters that tell this run from any other. */
  readonly id: string
  readonly applicationName: string
  readonly journal: Journal
  /** Private, 0700, gone after the run. */
  readonly workDirectory: string
  readonly passwordFiles: { readonly source: string; readonly target: string }
  /** Gets the report and the logs of the tools; stays. */
  readonly reportDirectory: string
  /** Parent of the folders for dumps. */
  readonly dumpDirectory: string
  readonly toolCache: string
  /** Whoever started the run hides passwords in all that it says, and drops an output that holds one. */
  readonly secretsAreMasked: boolean
}

/** Whether nothing is to stay on the target: in a rehearsal, and in the plan of one. */
export function isRehearsal({ inputs }: Pick<Run, 'inputs'>): boolean {
  return inputs.mode === 'rehearse' || (inputs.mode === 'plan' && inputs.planFor === 'rehearse')
}

/** Times a phase and adds it to a list of the report. */
export async function timePhase<T>(
  run: Pick<Run, 'now'>,
  phases: Phase[],
  name: string,
  side: Side | 'both',
  work: () => Promise<T>,
): Promise<T> {
  const started = run.now()
  const phase: Phase = { name, side, startedAt: started.toISOString(), durationSeconds: null }
  phases.push(phase)
  try {
    return await work()
  } finally {
    phase.durationSeconds = (run.now().getTime() - started.getTime()) / 1000
  }
}

/** What a run writes itself; a server's errors and a tool's are explained where they arise. */
const roomOnThisMachine =
  'Make room on that disk of the machine that runs the action, or name folders on another one: "dump-directory" for dumps, "report-directory" for reports and logs, RUNNER_TEMP (on a runner) or TMPDIR (elsewhere) for the rest.'

/** An error as the report shows it. */
export function reportedError(error: unknown, signal: AbortSignal): ReportedError {
  // What breaks while the run is being cancelled, breaks because of it.
  const known = signal.aborted ? reasonOf(signal) : error
  if (known instanceof UpgradeError) {
    const hint = withExplanation(known)
    return {
      code: known.code,
      message: shorten(known.message, longestEntry),
      hint: hint === undefined ? undefined : withUnicodeEscapes(hint),
    }
  }
  const message = shorten(messageOf(known), longestEntry)
  if (codeOf(known) === 'ENOSPC') return { code: 'disk-full', message, hint: roomOnThisMachine }
  return { code: 'unexpected', message, hint: limitHint(message) }
}

/** What cancelled the run, where that was no signal. */
function reasonOf({ reason }: AbortSignal): UpgradeError {
  return reason instanceof UpgradeError ? reason : new CancelledError()
}

/** The error's own hint, behind what is known of the server's or the tool's message. */
function withExplanation(error: UpgradeError): string | undefined {
  const { hint } = error
  const explanation = error.code === 'restore-failed' ? undefined : explainFailure(error)
  if (explanation === undefined) return hint
  return hint === undefined ? hintOf(explanation) : `${hintOf(explanation)} ${hint}`
}

/** Adds differences to those of the servers or of a database, the most harmful first. What objects are may hold a password, and may be long. */
export function addDifferences(all: Difference[], found: readonly Difference[]): void {
  const told = (text: string | null) =>
    text === null ? null : withoutSecrets(shorten(withoutKnownSecrets(text), longestEntry))
  for (const difference of found) {
    all.push({ ...difference, source: told(difference.source), target: told(difference.target) })
  }
  all.sort(byHarm)
}

/** True where the report has a finding of that kind, on that object, already. */
export function isTold(
  report: Report,
  { check, database, object }: Pick<Finding, 'check' | 'database' | 'object'>,
): boolean {
  return report.findings.some(
    (told) => told.check === check && told.database === database && told.object === object,
  )
}

/** A finding as it is told: not too long, and with a remedy that can be pasted wherever it is read. */
function asTold(finding: Finding): Finding {
  const { message, remedy } = finding
  return {
    ...finding,
    message: shorten(message, longestEntry),
    ...(remedy === undefined ? {} : { remedy: withUnicodeEscapes(remedy) }),
  }
}

/** Adds a finding to the report alone. */
export function recordFinding({ report }: Pick<Run, 'report'>, finding: Finding): void {
  report.findings.push(asTold(finding))
}

/** Adds a finding and says it in the log: what it is as a line of its own, below it what to do. */
export function addFinding(run: Pick<Run, 'report' | 'log'>, finding: Finding): void {
  recordFinding(run, finding)
  sayFinding(run.log, finding)
}

/** The same in the log alone, where there is no report any more. */
export function sayFinding(log: Log, finding: Finding): void {
  const { check, severity, message, remedy } = asTold(finding)
  const line = `${check}: ${message}`
  if (severity === 'note') log.info(line)
  else log.warning(line)
  if (remedy !== undefined) log.info(remedy)
  log.info(`See ${troubleshootingUrl(check)}`)
}
