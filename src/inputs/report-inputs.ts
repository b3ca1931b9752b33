/** The inputs of mode report, which connects to no server. */
import { InputError } from '../errors.js'
import { createInputReader } from './input-reader.js'

export interface ReportInputs {
  /** Files, folders and globs. */
  readonly reports: readonly string[]
  readonly reportDirectory: string | undefined
  readonly history: string | undefined
}

/** Undefined for every other mode. Throws one `InputError` that names all that is wrong. */
export function readReportInputs(read: (name: string) => string): ReportInputs | undefined {
  const reader = createInputReader(read)
  if (reader.text('mode') !== 'report') return undefined
  const reports = reader.lines('reports')
  if (reports.length === 0) {
    reader.refuse('reports', 'is needed by mode report: files, folders or globs, one a line.')
  }
  if (reader.problems.length > 0) throw new InputError(reader.problems)
  return {
    reports,
    reportDirectory: reader.text('report-directory'),
    history: reader.text('history'),
  }
}
