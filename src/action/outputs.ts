/** The outputs of the step and the job summary, all taken from the report. */
import * as core from '@actions/core'
import { messageOf } from '../errors.js'
import { countDifferences, type Report } from '../report/report.js'

/** Sets every output. */
export function setOutputs(
  report: Report,
  files: { json: string; html: string } | undefined,
): void {
  const failed = report.databases.find(({ error }) => error !== null)
  const outputs: Record<string, string | number> = {
    result: report.result,
    'error-code':
      report.error?.code ??
      failed?.error?.code ??
      (countDifferences(report) > 0 ? 'validation-differences' : ''),
    'source-version': report.source?.version ?? '',
    'target-version': report.target?.version ?? '',
    'client-version': report.client?.version ?? '',
    'duration-seconds': Math.round(report.durationSeconds),
    databases: JSON.stringify(
      report.databases.map(({ name, result, durationSeconds, differences }) => ({
        name,
        result,
        durationSeconds,
        differences: differences.length,
      })),
    ),
    differences: countDifferences(report),
    findings: report.findings.length,
    'report-json': files?.json ?? '',
    'report-html': files?.html ?? '',
  }
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value)
}

/** Writes the job summary; a summary that cannot be written is a warning, because the upgrade itself is not worse for it. */
export async function writeSummary(markdown: string): Promise<void> {
  try {
    await core.summary.addRaw(markdown, true).write()
  } catch (error) {
    core.warning(`The job summary could not be written: ${messageOf(error)}`)
  }
}
