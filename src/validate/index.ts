/** The front door of validation: says whether everything that was on the source is on the target. */
export {
  changedDefinitions,
  changedLabels,
  readLabels,
  type ChangedDefinition,
  type Definition,
} from './changed-definitions.js'
export { validateDatabase, type ValidateOptions, type ValidationResult } from './database.js'
export { definitionsNotInUtf8, type NotInUtf8 } from './inventory/not-in-utf8.js'
export { measureDrift, measureDriftSince, readSnapshotText } from './measure-drift.js'
export { refusedFunctions, type RefusedFunction } from './function-bodies.js'
export { foreseeQueryFailures } from './queries/foresee.js'
export { whyRefused } from './queries/refuse.js'
export { queriesFor, splitQueries, type ValidationQuery } from './queries/split.js'
export { withRowsRevealed } from './rows/reveal.js'
export { tableName } from './rows/tables.js'
export { captureSequences, readSequences, type SequenceStates } from './sequences/compare.js'
export { describePosition, isPast, isSamePosition } from './sequences/position.js'
export { compareDatabaseProperties } from './server-level/database-properties.js'
export { compareRoles, type RoleComparison } from './server-level/roles.js'
export { compareSettings } from './server-level/parameters.js'
export type { DatabaseSide } from './sides.js'
export {
  countsWrites,
  countUnreported,
  countWrites,
  writtenTables,
  type Writes,
} from './write-counters.js'
