/** Writes the report's files, so that a reader never sees half of one, nor the report of another run. */
import { open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { limitHint, messageOf, UpgradeError } from '../errors.js'
import { renderPage } from './page/index.js'
import type { Report } from './report.js'
import { makeFolder } from '../folders.js'

export interface ReportFiles {
  readonly json: string
  readonly html: string
}

function filesIn(directory: string): ReportFiles {
  return { json: join(directory, 'report.json'), html: join(directory, 'report.html') }
}

/**
 * Creates the directory where needed, takes away the report of an earlier run, and tries whether a new one could be written. Whoever
 * finds the earlier one there after a run that was killed, or whose report could not be written, would take it for the report of this
 * run. Of a link, the link alone goes.
 */
export async function prepareReportDirectory(directory: string): Promise<void> {
  try {
    await makeFolder(directory)
    await takeAwayReport(directory)
    await tryToWrite(partOf(filesIn(directory).json))
  } catch (error) {
    throw notWritten(directory, error)
  }
}

/** Takes away the report of an earlier run, if there is one. */
export async function takeAwayReport(directory: string): Promise<void> {
  const { json, html } = filesIn(directory)
  await rm(json, { force: true })
  await rm(html, { force: true })
}

/** Writes a file and takes it away again. Only some disks say of a file that is not synchronised that they are full. */
async function tryToWrite(path: string): Promise<void> {
  try {
    const file = await open(path, 'w')
    try {
      await file.writeFile('{}\n')
      await file.sync()
    } finally {
      await file.close()
    }
  } finally {
    await rm(path, { force: true }).catch(() => undefined)
  }
}

/** Writes `report.json` and `report.html` into the directory, which is created where needed, and returns their paths: both, or neither. */
export async function writeReport(directory: string, report: Report): Promise<ReportFiles> {
  const files = filesIn(directory)
  const parts = { json: partOf(files.json), html: partOf(files.html) }
  try {
    await makeFolder(directory)
    await writeFile(parts.json, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o644 })
    await writeFile(parts.html, renderPage(report), { mode: 0o644 })
    // The one that programs believe comes last.
    await rename(parts.html, files.html)
    await rename(parts.json, files.json)
  } catch (error) {
    for (const path of [parts.json, parts.html, files.json, files.html])
      await rm(path, { force: true }).catch(() => undefined)
    throw notWritten(directory, error)
  }
  return files
}

/** Creates a folder of that name beside the report, for the logs of one database's tools, and returns its path. */
export async function makeLogFolder(directory: string, name: string): Promise<string> {
  const path = join(directory, name)
  try {
    await makeFolder(path, 0o700)
  } catch (error) {
    throw notWritten(path, error, 'The logs of the client tools')
  }
  return path
}

function notWritten(directory: string, error: unknown, what = 'The report'): UpgradeError {
  return new UpgradeError(`${what} could not be written to ${directory}: ${messageOf(error)}`, {
    code: 'report-not-written',
    side: 'runner',
    hint:
      limitHint(messageOf(error)) ??
      'Set "report-directory" to a folder that this process may write to, on a disk that has room.',
    cause: error,
  })
}

/** A rename makes the whole file appear at once. */
function partOf(path: string): string {
  return `${path}.${process.pid}.part`
}
