/** One run from its inputs to its files: private folder, journal, the phases, the clean-up, the report. Whoever starts it tells the result. */
import { randomBytes } from 'node:crypto'
import { access, constants, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { withCertificateFiles } from './certificate-files.js'
import {
  cleanUp,
  createWorkDirectory,
  openJournal,
  sourceReleased,
  writePasswordFile,
  type Journal,
  type JournalEntries,
  type WorkDirectory,
} from './cleanup/index.js'
import { InputError, messageOf } from './errors.js'
import { openHistory } from './history.js'
import type { Inputs } from './inputs/inputs.js'
import type { Log } from './log.js'
import { systemClock } from './report/progress.js'
import {
  prepareReportDirectory,
  startReport,
  writeReport,
  type Finding,
  type Report,
  type ReportFiles,
} from './report/index.js'
import { addFinding, reportedError, type Run } from './run.js'
import {
  describeHost,
  openServer,
  type ConnectionParameters,
  type ServerSide,
} from './server/index.js'
import { upgrade } from './upgrade.js'
import { makeFolder } from './folders.js'

/** What a run needs to know of the place where it was started. */
export interface Surroundings {
  readonly log: Log
  readonly signal: AbortSignal
  /** Where the private folder and the dumps go. */
  readonly temporary: string
  /** Where the report goes when the inputs do not say. */
  readonly reportDirectory: string
  readonly toolCache: string
  /** A later process tries again to clear away what this one could not. */
  readonly hasPostStep: boolean
  /** Passwords are hidden in all that is said, and an output that holds one is dropped. */
  readonly secretsAreMasked: boolean
  /** Is told by which names a later process can clear up behind this one, before there is anything to clear. */
  readonly onStart: (workDirectory: string, applicationName: string) => void
  /** Tells the result; `files` is undefined where no report could be written. */
  readonly tell: (report: Report, files: ReportFiles | undefined) => Promise<void>
  /** Tells once more, where a clean-up after `tell` has added to the report what it could not clear away. */
  readonly tellAgain: (report: Report, files: ReportFiles | undefined) => Promise<void>
}

/** Carries out one run. Whatever happens is told in the report. */
export async function carryOut(inputs: Inputs, surroundings: Surroundings): Promise<void> {
  const { log, signal } = surroundings
  // As absolute paths: the tools run in a folder of their own.
  const temporary = resolve(surroundings.temporary)
  const toolCache = resolve(surroundings.toolCache)
  const id = randomBytes(4).toString('hex')
  const applicationName = `upgrade-postgres ${id}`
  const reportDirectory = inputs.reportDirectory ?? surroundings.reportDirectory
  const report = startReport(inputs.mode, new Date())
  if (inputs.part !== undefined) report.part = inputs.part
  const begun = await begin({ ...surroundings, temporary }, applicationName).catch(
    (error: unknown) => {
      report.error = reportedError(error, signal)
      return undefined
    },
  )
  if (begun === undefined) {
    await surroundings.tell(report, await writeFiles(report, reportDirectory, log))
    return
  }
  const { work, journal } = begun
  const history = isRemembered(inputs)
    ? await openHistory(inputs.history, hostsOf(inputs), { temporary, log, signal })
    : undefined
  let prepared = inputs
  try {
    await prepareReportDirectory(reportDirectory)
    prepared = await withCertificateFiles(inputs, work.path)
    const run: Run = {
      inputs: prepared,
      report,
      log,
      signal,
      now: () => new Date(),
      clock: systemClock,
      id,
      applicationName,
      journal,
      workDirectory: work.path,
      passwordFiles: {
        source: await writePasswordFile(work.path, 'source.pgpass', inputs.source.password),
        target: await writePasswordFile(work.path, 'target.pgpass', inputs.target.password),
      },
      reportDirectory,
      dumpDirectory: await dumpDirectoryOf(inputs.dumpDirectory ?? temporary),
      toolCache,
      secretsAreMasked: surroundings.secretsAreMasked,
    }
    await upgrade(run)
  } catch (error) {
    report.error = reportedError(error, signal)
  }
  const clear = () =>
    clearAway({
      parametersOf: (side) => prepared[side],
      entries: journal.entries(),
      wasCutOff: signal.aborted,
      workDirectory: work.path,
      isTriedAgain: surroundings.hasPostStep,
      applicationName,
      log,
      finding: (finding) => {
        addFinding({ report, log }, finding)
      },
    })
  const tell = async () => {
    history?.tell(report)
    await surroundings.tell(report, await writeFiles(report, reportDirectory, log))
  }
  // After a cancel the runner waits for 10 s; a server may answer to nothing for longer, and the post step clears as well.
  if (signal.aborted) {
    for (const finding of sourceReleased(journal.entries())) addFinding({ report, log }, finding)
    await tell()
    if (!(await clear())) {
      await surroundings.tellAgain(report, await writeFiles(report, reportDirectory, log))
    }
  } else {
    await clear()
    await tell()
  }
  await history?.keep(report)
}

/** The private folder with its journal; without a journal there is no folder either. */
async function begin(
  { temporary, onStart }: Surroundings,
  applicationName: string,
): Promise<{ work: WorkDirectory; journal: Journal }> {
  const work = await createWorkDirectory(temporary)
  onStart(work.path, applicationName)
  try {
    return { work, journal: openJournal(work.journalFile, applicationName) }
  } catch (error) {
    await rm(work.path, { recursive: true, force: true })
    throw error
  }
}

/** As an absolute path: the tools run in a folder of their own. */
async function dumpDirectoryOf(given: string): Promise<string> {
  const path = resolve(given)
  try {
    await makeFolder(path, 0o700)
    await access(path, constants.W_OK | constants.X_OK)
  } catch (error) {
    const message = `${path} cannot be used as a folder for dumps: ${messageOf(error)}. Name a folder that this process may write to.`
    throw new InputError([{ input: 'dump-directory', message }])
  }
  return path
}

/** The report of a whole matrix is remembered, and not its parts. A check is told the forecast. */
function isRemembered({ mode, part }: Inputs): boolean {
  return mode !== 'validate' && mode !== 'plan' && part === undefined
}

function hostsOf({ source, target }: Inputs) {
  return { source: describeHost(source), target: describeHost(target) }
}

export interface ClearAwayOptions {
  /** Asked only where a server is needed. May throw: what needs none is cleared all the same. */
  readonly parametersOf: (side: ServerSide) => ConnectionParameters
  readonly entries: JournalEntries
  /** Cancelled or killed. */
  readonly wasCutOff: boolean
  readonly workDirectory: string
  /** A later process tries again what could not be done. */
  readonly isTriedAgain: boolean
  readonly applicationName: string
  readonly log: Log
  /** Is told of staging databases that are still there, and of a source that is still frozen. */
  readonly finding: (finding: Finding) => void
}

/** Clears away what a run has left. What cannot be cleared is told, but the result of the run stands. Returns whether nothing is left. */
export async function clearAway(options: ClearAwayOptions): Promise<boolean> {
  const { parametersOf, applicationName, log, finding } = options
  const signal = new AbortController().signal
  const open = (side: ServerSide) => async () =>
    openServer({ side, parameters: parametersOf(side), applicationName, signal })
  const { failures, findings } = await cleanUp({
    ...options,
    openSource: open('source'),
    openTarget: open('target'),
  })
  for (const failure of failures) log.warning(`Could not ${failure}`)
  for (const found of findings) finding(found)
  return failures.length + findings.length === 0
}

/** A report that cannot be written fails the run: nobody could tell what was proven. Where it has failed already, that is told beside. */
export async function writeFiles(
  report: Report,
  directory: string,
  log: Log,
): Promise<ReportFiles | undefined> {
  try {
    return await writeReport(directory, report)
  } catch (error) {
    report.result = 'failed'
    const told = reportedError(error, new AbortController().signal)
    report.error ??= told
    if (report.error.code !== told.code) log.warning(told.message)
    return undefined
  }
}
