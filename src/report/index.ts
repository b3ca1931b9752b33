/** The front door of the report: its shape, and its renderings. */
export * from './report.js'
export { failureOf } from './failure.js'
export { renderSummary, type SummaryOptions } from './markdown.js'
export { renderText } from './text.js'
export { matrixOf, type MatrixEntry } from './matrix.js'
export { outputsOf } from './outputs.js'
export {
  makeLogFolder,
  prepareReportDirectory,
  takeAwayReport,
  writeReport,
  type ReportFiles,
} from './write.js'
