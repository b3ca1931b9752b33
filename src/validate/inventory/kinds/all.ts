/** Every kind of object that the inventory compares, in the order in which differences are told. */
import type { Kind } from '../kind.js'
import { columns } from './columns.js'
import { comments, extensionComments, securityLabels } from './comments.js'
import { constraints } from './constraints.js'
import { extensionDependencies } from './dependencies.js'
import { foreignDataWrappers, foreignServers, publications, userMappings } from './foreign.js'
import { aggregates, functions } from './functions.js'
import { indexes } from './indexes.js'
import {
  accessMethods,
  casts,
  conversions,
  languages,
  operatorClasses,
  operatorFamilies,
  operators,
  transforms,
} from './operators.js'
import {
  columnPrivileges,
  defaultPrivileges,
  privileges,
  systemColumnPrivileges,
  systemPrivileges,
} from './privileges.js'
import { relations } from './relations.js'
import { sequences } from './sequences.js'
import { subscriptions } from './subscriptions.js'
import {
  extendedStatistics,
  textSearchConfigurations,
  textSearchDictionaries,
  textSearchParsers,
  textSearchTemplates,
} from './text-search.js'
import { constraintTriggers, eventTriggers, policies, rules, triggers } from './triggers.js'
import { baseTypes, collations, extensions, rangeTypes, schemas, types } from './types.js'

export const kinds: readonly Kind[] = [
  schemas,
  extensions,
  types,
  rangeTypes,
  baseTypes,
  collations,
  relations,
  columns,
  sequences,
  constraints,
  indexes,
  extendedStatistics,
  functions,
  aggregates,
  operators,
  operatorFamilies,
  operatorClasses,
  casts,
  conversions,
  languages,
  transforms,
  accessMethods,
  triggers,
  constraintTriggers,
  rules,
  policies,
  eventTriggers,
  foreignDataWrappers,
  foreignServers,
  userMappings,
  publications,
  subscriptions,
  textSearchParsers,
  textSearchTemplates,
  textSearchDictionaries,
  textSearchConfigurations,
  comments,
  extensionComments,
  securityLabels,
  extensionDependencies,
  privileges,
  columnPrivileges,
  defaultPrivileges,
  systemPrivileges,
  systemColumnPrivileges,
]
