/** The outputs of a run, by the names of action.yml, all taken from the report. */
import { matrixOf } from './matrix.js'
import { countDifferences, type Report } from './report.js'
import type { ReportFiles } from './write.js'

/** Every output; those of which nothing is known are empty. */
export function outputsOf(
  report: Report,
  files: ReportFiles | undefined,
): Record<string, string | number> {
  const failed = report.databases.find(({ error }) => error !== null)
  return {
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
    matrix: report.result === 'passed' && report.plan !== undefined ? matrixOf(report.plan) : '',
    'report-json': files?.json ?? '',
    'report-html': files?.html ?? '',
  }
}
