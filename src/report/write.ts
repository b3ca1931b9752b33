/** Writes the report's files, so that a reader never sees half of one, nor the report of another run. */
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { doing } from '../errors.js'
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
 * Creates the directory where needed, and takes away the report of an earlier run: whoever finds one there after a run that was
 * killed, or whose report could not be written, would take it for the report of this run. Of a link, the link alone goes.
 */
export async function prepareReportDirectory(directory: string): Promise<void> {
  await makeFolder(directory)
  const { json, html } = filesIn(directory)
  await rm(json, { force: true })
  await rm(html, { force: true })
}

/** Writes `report.json` and `report.html` into the directory, which is created where needed, and returns their paths: both, or neither. */
export async function writeReport(directory: string, report: Report): Promise<ReportFiles> {
  const files = filesIn(directory)
  const parts = { json: partOf(files.json), html: partOf(files.html) }
  await doing(`write the report to ${directory}`, async () => {
    await makeFolder(directory)
    try {
      await writeFile(parts.json, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o644 })
      await writeFile(parts.html, renderPage(report), { mode: 0o644 })
      // The one that programs believe comes last.
      await rename(parts.html, files.html)
      await rename(parts.json, files.json)
    } catch (error) {
      for (const path of [parts.json, parts.html, files.json, files.html])
        await rm(path, { force: true }).catch(() => undefined)
      throw error
    }
  })
  return files
}

/** A rename makes the whole file appear at once. */
function partOf(path: string): string {
  return `${path}.${process.pid}.part`
}
