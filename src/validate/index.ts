/** The front door of validation: says whether everything that was on the source is on the target. */
export { validateDatabase, type ValidateOptions, type ValidationResult } from './database.js'
export { queriesFor, splitQueries, type ValidationQuery } from './queries/split.js'
export { captureSequences, type SequenceStates } from './sequences/compare.js'
export { compareDatabaseProperties } from './server-level/database-properties.js'
export { compareRoles, type RoleComparison } from './server-level/roles.js'
export { compareSettings } from './settings.js'
export type { DatabaseSide } from './sides.js'
export { countWrites, driftBetween, type WriteCounters } from './drift.js'
