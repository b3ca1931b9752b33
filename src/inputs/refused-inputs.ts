/** What is known of a run whose inputs cannot be used: enough to write the report that says so. */
import type { Mode } from '../report/report.js'
import { createInputReader } from './input-reader.js'
import { modes, parsePart, type Inputs } from './inputs.js'

export interface RefusedInputs extends Pick<Inputs, 'reportDirectory' | 'part'> {
  /** That of an upgrade where none can be read, as everywhere. */
  readonly mode: Mode
}

/** Undefined for mode report, which takes no report away before it has read others', perhaps there. */
export function readRefusedInputs(read: (name: string) => string): RefusedInputs | undefined {
  const { text } = createInputReader(read)
  const given = text('mode')
  if (given === 'report') return undefined
  return {
    mode: modes.find((mode) => mode === given) ?? 'upgrade',
    reportDirectory: text('report-directory'),
    part: parsePart(text('plan') ?? ''),
  }
}
