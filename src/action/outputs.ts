/** The outputs of the step and the job summary, all taken from the report. */
import * as core from '@actions/core'
import { messageOf } from '../errors.js'
import { outputsOf, type Report, type ReportFiles } from '../report/index.js'
import { actionLog } from './log.js'

/** Sets every output; where the runner takes none, that is a warning, because the upgrade itself is not worse for it. */
export function setOutputs(report: Report, files: ReportFiles | undefined): void {
  try {
    for (const [name, value] of Object.entries(outputsOf(report, files)))
      core.setOutput(name, value)
  } catch (error) {
    actionLog.warning(
      `The outputs could not be written to the file that GITHUB_OUTPUT names, so later steps do not see them: ${messageOf(error)} The result of the run is "${report.result}".`,
    )
  }
}

/** Writes the job summary, where `overwrite` is set in the place of the one before; a summary that cannot be written is a warning, because the upgrade itself is not worse for it. */
export async function writeSummary(markdown: string, overwrite: boolean): Promise<void> {
  try {
    await core.summary.emptyBuffer().addRaw(markdown, true).write({ overwrite })
  } catch (error) {
    actionLog.warning(`The job summary could not be written: ${messageOf(error)}`)
  }
}
