/** The main step: inputs, the run, its report and outputs, and only then success or failure. */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as core from '@actions/core'
import {
  cleanUp,
  createWorkDirectory,
  openJournal,
  writeCertificate,
  writePasswordFile,
} from '../cleanup/index.js'
import { messageOf, UpgradeError } from '../errors.js'
import { renderSummary, writeReport } from '../report/index.js'
import { startReport, type Report } from '../report/report.js'
import { reportedError, type Run } from '../run.js'
import { openServer } from '../server/index.js'
import { upgrade } from '../upgrade.js'
import { openHistory } from './history.js'
import { readInputs, type Inputs } from './inputs.js'
import { actionLog } from './log.js'
import { maskSecret } from './masks.js'
import { setOutputs, writeSummary } from './outputs.js'
import { cancelOnSignals } from './signals.js'
import { saveState } from './state.js'

/** Runs the main step. Sets the process's exit code. */
export async function main(): Promise<void> {
  saveState('is-post', 'true')
  const signal = cancelOnSignals((name) => {
    actionLog.warning(`${name}: the run is cancelled; clearing up.`)
  })
  maskSecret(core.getInput('source-password'))
  maskSecret(core.getInput('target-password'))
  let inputs: Inputs
  try {
    inputs = readInputs((name) => core.getInput(name))
  } catch (error) {
    await failBeforeStart(error, signal)
    return
  }
  maskSecret(inputs.source.password)
  maskSecret(inputs.target.password)
  await runWith(inputs, signal)
}

/** The inputs could not be read: there is a report all the same, so that a workflow can act on error-code. */
async function failBeforeStart(error: unknown, signal: AbortSignal): Promise<void> {
  const report = startReport('upgrade', new Date())
  report.error = reportedError(error, signal)
  await finish(report, undefined)
}

async function runWith(inputs: Inputs, signal: AbortSignal): Promise<void> {
  const id = randomBytes(4).toString('hex')
  const applicationName = `upgrade-postgres ${id}`
  const temporary = process.env['RUNNER_TEMP'] ?? tmpdir()
  const reportDirectory = inputs.reportDirectory ?? join(temporary, 'upgrade-postgres-report')
  const report = startReport(inputs.mode, new Date())
  const work = await createWorkDirectory(temporary)
  saveState('work-directory', work.path)
  saveState('application-name', applicationName)
  const journal = openJournal(work.journalFile, applicationName)
  const history = await openHistory(inputs, temporary, actionLog)
  try {
    await mkdir(reportDirectory, { recursive: true })
    const run: Run = {
      inputs: await withCertificateFiles(inputs, work.path),
      report,
      log: actionLog,
      signal,
      now: () => new Date(),
      id,
      applicationName,
      journal,
      workDirectory: work.path,
      passwordFiles: {
        source: await writePasswordFile(work.path, 'source.pgpass', inputs.source.password),
        target: await writePasswordFile(work.path, 'target.pgpass', inputs.target.password),
      },
      reportDirectory,
      dumpDirectory: inputs.dumpDirectory ?? temporary,
      toolCache: process.env['RUNNER_TOOL_CACHE'] ?? join(temporary, 'tool-cache'),
    }
    await upgrade(run)
  } catch (error) {
    report.error = reportedError(error, signal)
  }
  await clearAway(inputs, journal.entries(), work.path, applicationName)
  history?.tell(report)
  await finish(report, reportDirectory)
  await history?.keep(report)
}

async function withCertificateFiles(inputs: Inputs, directory: string): Promise<Inputs> {
  const pem = inputs.source.sslrootcertPem ?? inputs.target.sslrootcertPem
  if (pem === undefined) return inputs
  const sslrootcert = await writeCertificate(directory, pem)
  const withFile = (connection: Inputs['source']) =>
    connection.sslrootcertPem === undefined ? connection : { ...connection, sslrootcert }
  return { ...inputs, source: withFile(inputs.source), target: withFile(inputs.target) }
}

/** What is left is told, but the result of the run stands; the post step tries again. */
async function clearAway(
  inputs: Inputs,
  entries: Parameters<typeof cleanUp>[0]['entries'],
  workDirectory: string,
  applicationName: string,
): Promise<void> {
  const signal = new AbortController().signal
  const open = (side: 'source' | 'target') => () =>
    openServer({ side, parameters: inputs[side], applicationName, signal })
  const failures = await cleanUp({
    entries,
    workDirectory,
    openSource: open('source'),
    openTarget: open('target'),
    log: actionLog,
  })
  for (const failure of failures) actionLog.warning(`Could not ${failure}`)
}

/** Report, summary and outputs first; then, and only then, the failure. */
async function finish(report: Report, reportDirectory: string | undefined): Promise<void> {
  let files: { json: string; html: string } | undefined
  try {
    if (reportDirectory !== undefined) files = await writeReport(reportDirectory, report)
  } catch (error) {
    report.result = 'failed'
    report.error ??= {
      code: 'report-not-written',
      message: `The report could not be written to ${String(reportDirectory)}: ${messageOf(error)}`,
    }
  }
  await writeSummary(renderSummary(report, { reportPath: files?.json }))
  setOutputs(report, files)
  if (report.result === 'passed') return
  core.setFailed(failureOf(report))
}

function failureOf(report: Report): string {
  if (report.error !== null) {
    const { message, hint } = report.error
    return hint === undefined ? message : `${message}\n${hint}`
  }
  const failed = report.databases.filter(({ result }) => result !== 'passed')
  const lines = failed.map(({ name, error, differences }) =>
    error === null
      ? `${name}: ${differences.length} differences between source and target`
      : `${name}: ${error.message}`,
  )
  return `The run failed.\n${lines.join('\n')}`
}

/** The last resort for errors that nobody caught: the step fails and says what it was. */
export function failUnexpectedly(error: unknown): void {
  const stack = error instanceof Error && !(error instanceof UpgradeError) ? error.stack : undefined
  if (stack !== undefined) core.debug(stack)
  core.setFailed(`Something unexpected happened: ${messageOf(error)}`)
}
