/** Every check, in the order in which they run. */
import { activityChecks } from './activity.js'
import { castBuiltIn } from './built-in-casts.js'
import type { Check } from './check.js'
import { databaseChecks } from './databases.js'
import { constraintDisabled } from './disabled-constraints.js'
import { diskChecks } from './disk.js'
import { extensionChecks } from './extensions.js'
import { filledViewChecks } from './filled-views.js'
import { foreignKeyCollation } from './foreign-key-collations.js'
import { foreignKeyName } from './foreign-key-names.js'
import { foreignServerSource } from './foreign-servers.js'
import { freezeChecks } from './freeze.js'
import { generatedChild } from './generated-children.js'
import { triggerGenerated } from './generated-triggers.js'
import { grantorUsage } from './grantors.js'
import { hbaChecks } from './hba.js'
import { extensionMember } from './extension-members.js'
import { extensionTable } from './extension-tables.js'
import { hugeValue } from './huge-values.js'
import { partitionIdentity } from './identity-partitions.js'
import { libraryChecks } from './libraries.js'
import { localeChecks } from './locales.js'
import { functionNotImmutable } from './mutable-functions.js'
import { multirangePrivilege } from './multirange-privileges.js'
import { nameEncoding } from './name-encoding.js'
import { needsSuperuser } from './needs-superuser.js'
import { notCarriedChecks } from './not-carried.js'
import { notNullDropped } from './not-null-dropped.js'
import { notNullName } from './not-null-names.js'
import { objectChecks } from './objects.js'
import { rowTooBig } from './plain-storage.js'
import { detachPending } from './pending-detaches.js'
import { passwordExpires } from './password-expiry.js'
import { rawNames, rawProperties } from './raw-bytes.js'
import { readingChecks } from './reading.js'
import { queryChecks } from './validation-queries.js'
import { removedFeatureChecks } from './removed-features.js'
import { removedFunction } from './removed-functions.js'
import { removedName } from './removed-names.js'
import { removedOids } from './removed-oids.js'
import { removedOperator } from './removed-operators.js'
import { removedType } from './removed-types.js'
import { triggerRenamed } from './renamed-triggers.js'
import { replacedDatabase } from './replaced-databases.js'
import { ownerChecks } from './replaced-owners.js'
import { roleNameEncoding } from './role-name-encoding.js'
import { roleChecks } from './roles.js'
import { roomChecks } from './room.js'
import { searchPath } from './search-path.js'
import { serverChecks } from './servers.js'
import { settingChecks } from './settings.js'
import { ownerNotSuperuser } from './superuser-owners.js'
import { synchronousStandby } from './synchronous-standby.js'
import { systemPrivilege } from './system-privileges.js'
import { systemSchemaChecks } from './system-schemas.js'
import { unrepeatableKeyChecks } from './unrepeatable-keys.js'

export const checks: readonly Check[] = [
  ...databaseChecks,
  replacedDatabase,
  ...serverChecks,
  synchronousStandby,
  passwordExpires,
  ...queryChecks,
  ...freezeChecks,
  ...roleChecks,
  ...ownerChecks,
  ownerNotSuperuser,
  grantorUsage,
  roleNameEncoding,
  ...localeChecks,
  nameEncoding,
  rawProperties,
  rawNames,
  removedType,
  removedFunction,
  removedOperator,
  removedName,
  functionNotImmutable,
  castBuiltIn,
  removedOids,
  ...removedFeatureChecks,
  ...libraryChecks,
  ...settingChecks,
  ...extensionChecks,
  extensionMember,
  extensionTable,
  needsSuperuser,
  ...readingChecks,
  searchPath,
  ...filledViewChecks,
  notNullDropped,
  notNullName,
  foreignKeyCollation,
  foreignKeyName,
  foreignServerSource,
  generatedChild,
  triggerGenerated,
  triggerRenamed,
  partitionIdentity,
  detachPending,
  constraintDisabled,
  ...unrepeatableKeyChecks,
  ...objectChecks,
  hugeValue,
  rowTooBig,
  ...activityChecks,
  ...diskChecks,
  ...roomChecks,
  ...notCarriedChecks,
  systemPrivilege,
  multirangePrivilege,
  ...systemSchemaChecks,
  ...hbaChecks,
]
