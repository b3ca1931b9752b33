/** Every check, in the order in which they run. */
import type { Check } from './check.js'
import { databaseChecks } from './databases.js'
import { extensionChecks } from './extensions.js'
import { removedFeatureChecks } from './removed-features.js'
import { removedTypeChecks } from './removed-types.js'
import { settingChecks } from './settings.js'

export const checks: readonly Check[] = [
  ...databaseChecks,
  ...removedTypeChecks,
  ...removedFeatureChecks,
  ...settingChecks,
  ...extensionChecks,
]

/** The name under which a check that could not run is reported. */
export const checkFailed = 'check-failed'
