/** Every check, in the order in which they run. */
import type { Check } from './check.js'
import { databaseChecks } from './databases/databases.js'
import { nameEncoding } from './databases/name-encoding.js'
import { notCarriedChecks } from './databases/not-carried.js'
import { replacedDatabase } from './databases/replaced-databases.js'
import { systemSchemaChecks } from './databases/system-schemas.js'
import { unmovedDatabase } from './databases/unmoved-databases.js'
import { queryChecks } from './databases/validation-queries.js'
import { pgDumpOutdated } from './definitions/column-versions.js'
import { currentDatabase } from './definitions/current-database.js'
import { cycleMark } from './definitions/cycle-marks.js'
import { constraintDisabled } from './definitions/disabled-constraints.js'
import { partitionExclusion } from './definitions/exclusion-partitions.js'
import { filledViewChecks } from './definitions/filled-views.js'
import { foreignKeyCollation } from './definitions/foreign-key-collations.js'
import { foreignKeyName } from './definitions/foreign-key-names.js'
import { foreignServerSource } from './definitions/foreign-servers.js'
import { generatedChild } from './definitions/generated-children.js'
import { triggerGenerated } from './definitions/generated-triggers.js'
import { partitionIdentity } from './definitions/identity-partitions.js'
import { inheritedDefault } from './definitions/inherited-defaults.js'
import { inheritedStorage } from './definitions/inherited-storage.js'
import { libraryChecks } from './definitions/libraries.js'
import { lookupOrder } from './definitions/lookups.js'
import { functionNotImmutable } from './definitions/mutable-functions.js'
import { definitionNotUtf8 } from './definitions/not-in-utf8.js'
import { notNullDropped } from './definitions/not-null-dropped.js'
import { notNullName } from './definitions/not-null-names.js'
import { objectChecks } from './definitions/objects.js'
import { operatorLink } from './definitions/operator-links.js'
import { detachPending } from './definitions/pending-detaches.js'
import { recursiveView } from './definitions/recursive-views.js'
import { triggerRenamed } from './definitions/renamed-triggers.js'
import { searchPath } from './definitions/search-path.js'
import { extensionChecks } from './extensions/creation.js'
import { extensionMember } from './extensions/members.js'
import { extensionTable } from './extensions/tables.js'
import { castBuiltIn } from './removed/built-in-casts.js'
import { removedFeatureChecks } from './removed/features.js'
import { removedFunction } from './removed/functions.js'
import { removedName } from './removed/names.js'
import { removedOids } from './removed/oids.js'
import { removedOperator } from './removed/operators.js'
import { removedType } from './removed/types.js'
import { grantorUsage } from './roles/grantors.js'
import { lostRevokes } from './roles/lost-revokes.js'
import { multirangePrivilege } from './roles/multirange-privileges.js'
import { needsSuperuser } from './roles/needs-superuser.js'
import { passwordExpires } from './roles/password-expiry.js'
import { passwordChecks } from './roles/passwords.js'
import { definerReplaced } from './roles/replaced-definers.js'
import { ownerChecks } from './roles/replaced-owners.js'
import { roleNameEncoding } from './roles/role-name-encoding.js'
import { roleChecks } from './roles/roles.js'
import { sharedLabels } from './roles/shared-labels.js'
import { ownerNotSuperuser } from './roles/superuser-owners.js'
import { systemPrivilege } from './roles/system-privileges.js'
import { roleVanished } from './roles/vanished-roles.js'
import { damagedPages } from './rows/damaged-pages.js'
import { hugeValue } from './rows/huge-values.js'
import { rowTooBig } from './rows/plain-storage.js'
import { rawNames, rawProperties } from './rows/raw-bytes.js'
import { readingChecks } from './rows/reading.js'
import { textSearchStemmer } from './rows/text-search-stemmers.js'
import { unrepeatableKeyChecks } from './rows/unrepeatable-keys.js'
import { activityChecks } from './servers/activity.js'
import { diskChecks } from './servers/disk.js'
import { freezeChecks } from './servers/freeze.js'
import { hbaChecks } from './servers/hba.js'
import { localeOrder } from './servers/icu-locales.js'
import { walKept } from './servers/kept-wal.js'
import { localeChecks } from './servers/locales.js'
import { nameWithNewline } from './servers/names.js'
import { otherDatabase } from './servers/other-database.js'
import { roomChecks } from './servers/room.js'
import { serverChecks } from './servers/servers.js'
import { settingChecks } from './servers/settings.js'
import { synchronousStandby } from './servers/synchronous-standby.js'
import { tablespaceDiffers, tablespaceMissing } from './servers/tablespaces.js'
import { tempFileLimit } from './servers/temp-file-limit.js'

export const checks: readonly Check[] = [
  ...databaseChecks,
  replacedDatabase,
  unmovedDatabase,
  ...serverChecks,
  otherDatabase,
  synchronousStandby,
  passwordExpires,
  ...queryChecks,
  ...freezeChecks,
  ...roleChecks,
  roleVanished,
  ...ownerChecks,
  lostRevokes,
  definerReplaced,
  ownerNotSuperuser,
  grantorUsage,
  roleNameEncoding,
  sharedLabels,
  ...localeChecks,
  localeOrder,
  nameEncoding,
  rawProperties,
  rawNames,
  definitionNotUtf8,
  pgDumpOutdated,
  removedType,
  removedFunction,
  removedOperator,
  removedName,
  functionNotImmutable,
  castBuiltIn,
  operatorLink,
  removedOids,
  ...removedFeatureChecks,
  ...libraryChecks,
  ...settingChecks,
  ...extensionChecks,
  extensionMember,
  extensionTable,
  needsSuperuser,
  ...readingChecks,
  damagedPages,
  searchPath,
  lookupOrder,
  currentDatabase,
  ...filledViewChecks,
  notNullDropped,
  notNullName,
  foreignKeyCollation,
  foreignKeyName,
  foreignServerSource,
  generatedChild,
  inheritedDefault,
  inheritedStorage,
  triggerGenerated,
  triggerRenamed,
  partitionIdentity,
  partitionExclusion,
  detachPending,
  constraintDisabled,
  ...unrepeatableKeyChecks,
  cycleMark,
  ...objectChecks,
  nameWithNewline,
  tablespaceMissing,
  recursiveView,
  tablespaceDiffers,
  textSearchStemmer,
  hugeValue,
  rowTooBig,
  ...activityChecks,
  ...diskChecks,
  walKept,
  ...roomChecks,
  tempFileLimit,
  ...notCarriedChecks,
  ...passwordChecks,
  systemPrivilege,
  multirangePrivilege,
  ...systemSchemaChecks,
  ...hbaChecks,
]
