/** Why a run failed, in the words of its report. */
import { countOf, shorten, visible } from './format.js'
import type { Report } from './report.js'

/** The error of the run, or the databases that failed or differ; the report has each error at length. */
export function failureOf(report: Report): string {
  if (report.error !== null) {
    const { message, hint } = report.error
    return hint === undefined ? message : `${message}\n${hint}`
  }
  const failed = report.databases.filter(({ result }) => result !== 'passed')
  const lines = failed.map(({ name, error, differences }) =>
    error === null
      ? `${visible(name)}: ${countOf(differences.length, 'difference')} between source and target`
      : `${visible(name)}: ${shorten(error.message, 1000)}`,
  )
  const ofServers = report.differences.length
  if (ofServers > 0) lines.push(`The servers: ${countOf(ofServers, 'difference')} between them`)
  return `The run failed.\n${lines.join('\n')}`
}
