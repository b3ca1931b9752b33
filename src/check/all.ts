/** Every check, in the order in which they run. */
import { activityChecks } from './activity.js'
import type { Check } from './check.js'
import { databaseChecks } from './databases.js'
import { extensionChecks } from './extensions.js'
import { notNullDropped } from './not-null-dropped.js'
import { objectChecks } from './objects.js'
import { readingChecks } from './reading.js'
import { removedFeatureChecks } from './removed-features.js'
import { removedTypeChecks } from './removed-types.js'
import { searchPath } from './search-path.js'
import { settingChecks } from './settings.js'

export const checks: readonly Check[] = [
  ...databaseChecks,
  ...removedTypeChecks,
  ...removedFeatureChecks,
  ...settingChecks,
  ...extensionChecks,
  ...readingChecks,
  searchPath,
  notNullDropped,
  ...objectChecks,
  ...activityChecks,
]

/** The name under which a check that could not run is reported. */
export const checkFailed = 'check-failed'
