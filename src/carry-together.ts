/** Mode report: the reports of a plan and of its matrix jobs become one report. Connects to no server. */
import type { Surroundings } from './carry-out.js'
import { writeFiles } from './carry-out.js'
import { openHistory } from './history.js'
import type { ReportInputs } from './inputs/report-inputs.js'
import { findReports, mergeReports } from './matrix/index.js'

/** Reads, merges, writes and tells. */
export async function carryTogether(
  inputs: ReportInputs,
  { log, temporary, reportDirectory, signal, tell }: Surroundings,
): Promise<void> {
  const found = await log.group('Read the reports', async () => {
    const read = await findReports(inputs.reports)
    for (const file of read) {
      if ('damage' in file) log.error(`${file.where} cannot be used: ${file.damage}.`)
      else log.info(`${file.where}: ${file.report.mode} ${file.report.result}.`)
    }
    return read
  })
  const report = mergeReports(found, new Date())
  const pair = { source: report.source?.host ?? '', target: report.target?.host ?? '' }
  const history = await openHistory(inputs.history, pair, { temporary, log, signal })
  history?.tell(report)
  await tell(report, await writeFiles(report, inputs.reportDirectory ?? reportDirectory, log))
  await history?.keep(report)
}
