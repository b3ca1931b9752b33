/** The main step: inputs, the run, its summary and outputs, and only then success or failure. */
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import * as core from '@actions/core'
import { carryOut, writeFiles, type Surroundings } from '../carry-out.js'
import { carryTogether } from '../carry-together.js'
import { messageOf, UpgradeError } from '../errors.js'
import { readInputs, type Inputs } from '../inputs/inputs.js'
import { readReportInputs, type ReportInputs } from '../inputs/report-inputs.js'
import { readRefusedInputs } from '../inputs/refused-inputs.js'
import {
  failureOf,
  renderSummary,
  startReport,
  type Report,
  type ReportFiles,
} from '../report/index.js'
import { reportedError } from '../run.js'
import { cancelOnSignals } from '../signals.js'
import { isInputSet, readInput } from './input.js'
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
  const temporary = folderIn('RUNNER_TEMP') ?? tmpdir()
  const reportDirectory = newFolder(join(temporary, 'upgrade-postgres-report'))
  let inputs: Inputs | ReportInputs
  try {
    inputs = readReportInputs(readInput) ?? readInputs(readInput, isInputSet)
  } catch (error) {
    await failBeforeStart(error, signal, reportDirectory)
    return
  }
  const surroundings: Surroundings = {
    log: actionLog,
    signal,
    temporary,
    reportDirectory,
    toolCache: folderIn('RUNNER_TOOL_CACHE') ?? join(temporary, 'tool-cache'),
    hasPostStep: true,
    secretsAreMasked: true,
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

/** The first of that name, or with a number behind it, that is not there yet: outputs of earlier steps name files in the others. */
function newFolder(path: string): string {
  let folder = path
  for (let number = 2; existsSync(folder); number += 1) folder = `${path}-${number}`
  return folder
}

/** The inputs could not be read: there is a report all the same, so that a workflow can act on error-code, and takes no earlier one for this run's. */
async function failBeforeStart(
  error: unknown,
  signal: AbortSignal,
  reportDirectory: string,
): Promise<void> {
  const refused = readRefusedInputs(readInput)
  const report = startReport(refused?.mode ?? 'upgrade', new Date())
  report.error = reportedError(error, signal)
  if (refused?.part !== undefined) report.part = refused.part
  const files =
    refused === undefined
      ? undefined
      : await writeFiles(report, refused.reportDirectory ?? reportDirectory, actionLog)
  await tell(report, files)
}

/** Summary and outputs first; then, and only then, the failure. */
async function tell(report: Report, files: ReportFiles | undefined): Promise<void> {
  await show(report, files, false)
  const isFailed = report.result !== 'passed'
  tellAnnotationsLeftOut(isFailed)
  if (isFailed) core.setFailed(inert(failureOf(report)))
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
