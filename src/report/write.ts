/** Writes the report's files, so that a reader never sees half of one. */
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

/** Under a temporary name first; the rename makes the whole file appear at once. */
async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.part`
  try {
    await writeFile(temporary, text, { mode: 0o644 })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Writes `report.json` and `report.html` into the directory, which is created where needed, and returns their paths. */
export async function writeReport(directory: string, report: Report): Promise<ReportFiles> {
  const json = join(directory, 'report.json')
  const html = join(directory, 'report.html')
  await doing(`write the report to ${directory}`, async () => {
    await makeFolder(directory)
    await writeWhole(json, `${JSON.stringify(report, null, 2)}\n`)
    await writeWhole(html, renderPage(report))
  })
  return { json, html }
}
