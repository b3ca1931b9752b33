/** The main step: inputs, the run, its summary and outputs, and only then success or failure. */
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import * as core from '@actions/core'
import { carryOut, type Surroundings } from '../carry-out.js'
import { carryTogether } from '../carry-together.js'
import { messageOf, UpgradeError } from '../errors.js'
import { modes, readInputs, type Inputs } from '../inputs/inputs.js'
import { readReportInputs, type ReportInputs } from '../inputs/report-inputs.js'
import {
  failureOf,
  renderSummary,
  startReport,
  type Report,
  type ReportFiles,
} from '../report/index.js'
import { reportedError } from '../run.js'
import { cancelOnSignals } from '../signals.js'
import { readInput } from './input.js'
import { inert } from './inert.js'
import { actionLog, tellAnnotationsLeftOut } from './log.js'
import { maskSecret } from './masks.js'
import { setOutputs, writeSummary } from './outputs.js'
import { saveState } from './state.js'

/** Runs the main step. Sets the process's exit code. */
export async function main(): Promise<void> {
  saveState('is-post', 'true')
  const signal = cancelOnSignals({
    signals: ['SIGINT', 'SIGTERM'],
    onCancel(name) {
      actionLog.warning(`${name}: the run is cancelled; clearing up.`)
    },
  })
  maskSecret(readInput('source-password').trim())
  maskSecret(readInput('target-password').trim())
  let inputs: Inputs | ReportInputs
  try {
    inputs = readReportInputs(readInput) ?? readInputs(readInput, process.env['GITHUB_EVENT_NAME'])
  } catch (error) {
    await failBeforeStart(error, signal)
    return
  }
  const temporary = folderIn('RUNNER_TEMP') ?? tmpdir()
  const surroundings: Surroundings = {
    log: actionLog,
    signal,
    temporary,
    reportDirectory: join(temporary, 'upgrade-postgres-report'),
    toolCache: folderIn('RUNNER_TOOL_CACHE') ?? join(temporary, 'tool-cache'),
    hasPostStep: true,
    onStart(workDirectory, applicationName) {
      saveState('work-directory', workDirectory)
      saveState('application-name', applicationName)
    },
    tell,
    tellAgain: (report, files) => show(report, files, true),
  }
  if ('reports' in inputs) {
    await carryTogether(inputs, surroundings)
    return
  }
  for (const { password, sslpassword } of [inputs.source, inputs.target]) {
    maskSecret(password)
    maskSecret(sslpassword)
  }
  await carryOut(inputs, surroundings)
}

/** As an absolute path: reports are told by it. An empty variable names no folder. */
function folderIn(variable: string): string | undefined {
  const value = process.env[variable]
  return value === undefined || value === '' ? undefined : resolve(value)
}

/** The inputs could not be read: there is a report all the same, so that a workflow can act on error-code. */
async function failBeforeStart(error: unknown, signal: AbortSignal): Promise<void> {
  const given = readInput('mode').trim()
  const report = startReport(modes.find((mode) => mode === given) ?? 'upgrade', new Date())
  report.error = reportedError(error, signal)
  await tell(report, undefined)
}

/** Summary and outputs first; then, and only then, the failure. */
async function tell(report: Report, files: ReportFiles | undefined): Promise<void> {
  await show(report, files, false)
  tellAnnotationsLeftOut()
  if (report.result === 'passed') return
  core.setFailed(inert(failureOf(report)))
}

/** Summary and outputs; with `isAgain` in the place of those that were shown before. */
async function show(
  report: Report,
  files: ReportFiles | undefined,
  isAgain: boolean,
): Promise<void> {
  await writeSummary(renderSummary(report, { reportPath: files?.json }), isAgain)
  setOutputs(report, files)
}

/** The last resort for errors that nobody caught: the step fails and says what it was. */
export function failUnexpectedly(error: unknown): void {
  const stack = error instanceof Error && !(error instanceof UpgradeError) ? error.stack : undefined
  if (stack !== undefined) core.debug(inert(stack))
  core.setFailed(inert(`Something unexpected happened: ${messageOf(error)}`))
}
