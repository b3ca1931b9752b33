/** The statements that give a database its owner, comment, limits, privileges and settings, and the comparison afterwards. */
import type { Difference } from '../report/report.js'
import {
  formatSetting,
  grantRounds,
  isListSetting,
  quoteIdentifier,
  quoteLiteral,
  splitNames,
} from '../server/index.js'
import { isConfidentialSetting, notShown, type NamedValue } from '../telling/settings.js'
import type { DatabaseProperties, DatabaseSetting, Privilege } from './properties.js'

export interface PropertyStatement {
  readonly sql: string
  /** Names the property, as `compareProperties` does. */
  readonly property: string
  /** Of a statement that makes a setting. */
  readonly setting?: NamedValue
  /** The statement as it may be told, where that is not `sql`. */
  readonly told?: string
}

/** Everything for one database, in the order in which it has to be said. */
export function propertyStatements(
  name: string,
  properties: DatabaseProperties,
  options: { readonly isSuperuser: boolean },
): PropertyStatement[] {
  const database = quoteIdentifier(name)
  return [
    {
      sql: `alter database ${database} owner to ${quoteIdentifier(properties.owner)}`,
      property: 'owner',
    },
    ...privilegeStatements(database, properties, options.isSuperuser),
    ...(properties.comment === null
      ? []
      : [
          {
            sql: `comment on database ${database} is ${quoteLiteral(properties.comment)}`,
            property: 'comment',
          },
        ]),
    ...properties.settings.map((setting) => settingStatement(database, setting)),
    {
      sql: `alter database ${database} connection limit ${properties.connectionLimit}`,
      property: 'connection limit',
    },
    ...(properties.isTemplate
      ? [{ sql: `alter database ${database} is_template true`, property: 'template' }]
      : []),
  ]
}

/**
 * What a new database gives to PUBLIC and to its owner is revoked in one statement with what they are granted by the owner:
 * a remedy that revoked alone would take away, when it is pasted later, what was granted by then.
 */
function privilegeStatements(
  database: string,
  properties: DatabaseProperties,
  isSuperuser: boolean,
): PropertyStatement[] {
  const { owner, privileges } = properties
  // Only a superuser may speak as the one who granted it; otherwise the owner does.
  const isOwners = ({ grantor }: Privilege) => !isSuperuser || grantor === owner
  const afresh = [null, owner].map((grantee) => ({
    sql: [
      `revoke all on database ${database} from ${nameGrantee(grantee)}`,
      ...privileges
        .filter((privilege) => privilege.grantee === grantee && isOwners(privilege))
        .map((privilege) => grantOf(database, privilege)),
    ].join('; '),
    property: `privileges for ${grantee ?? 'PUBLIC'}`,
  }))
  const others = privileges
    .filter(({ grantee }) => grantee !== null && grantee !== owner)
    .filter(isOwners)
    .map((privilege) => ({
      sql: grantOf(database, privilege),
      property: describePrivilege(privilege)[0],
    }))
  const passedOn = grantRounds(privileges, (grantor) => grantor === owner)
    .flat()
    .filter((privilege) => !isOwners(privilege))
    .map((privilege) => ({
      sql: `set role ${quoteIdentifier(privilege.grantor)}; ${grantOf(database, privilege)}; reset role`,
      property: describePrivilege(privilege)[0],
    }))
  return [...afresh, ...others, ...passedOn]
}

function grantOf(database: string, { privilege, grantee, isGrantable }: Privilege): string {
  const option = isGrantable ? ' with grant option' : ''
  return `grant ${privilege} on database ${database} to ${nameGrantee(grantee)}${option}`
}

function nameGrantee(grantee: string | null): string {
  return grantee === null ? 'public' : quoteIdentifier(grantee)
}

function settingStatement(database: string, setting: DatabaseSetting): PropertyStatement {
  const scope =
    setting.role === null
      ? `database ${database}`
      : `role ${quoteIdentifier(setting.role)} in database ${database}`
  return {
    sql: `alter ${scope} ${formatSetting(setting.name, setting.value)}`,
    property: describeSetting(setting),
    setting,
    ...(isConfidentialSetting(setting.name)
      ? {
          told: `-- in place of the dots, the value that it has on the source\nalter ${scope} ${formatSetting(setting.name, '…')}`,
        }
      : {}),
  }
}

/** What differs between the source's properties and those read back; the encoding and locale are not compared here. */
export function compareProperties(
  name: string,
  source: DatabaseProperties,
  target: DatabaseProperties,
): Difference[] {
  const facts = (properties: DatabaseProperties): Record<string, string | null> => ({
    owner: properties.owner,
    comment: properties.comment,
    'connection limit': String(properties.connectionLimit),
    template: String(properties.isTemplate),
    ...Object.fromEntries(
      properties.settings.map((setting) => [describeSetting(setting), setting.value]),
    ),
    // Who granted does not matter; of several grants, the one that may be passed on counts.
    ...Object.fromEntries(
      properties.privileges
        .toSorted((one, other) => Number(one.isGrantable) - Number(other.isGrantable))
        .map(describePrivilege),
    ),
  })
  const left = facts(source)
  const right = facts(target)
  // Names in a list may be quoted without need, where quote_all_identifiers was on.
  const lists = settingsOf(source, target, isListSetting)
  const hidden = settingsOf(source, target, isConfidentialSetting)
  const shown = (key: string, value: string | undefined | null) =>
    value === undefined || value === null ? null : hidden.has(key) ? notShown : value
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .filter((key) => {
      const [ours, theirs] = [left[key] ?? null, right[key] ?? null]
      return lists.has(key) ? names(ours) !== names(theirs) : ours !== theirs
    })
    .map((key) => ({
      kind: 'database',
      object: `${name}: ${key}`,
      source: shown(key, left[key]),
      target: shown(key, right[key]),
    }))
}

/** How the settings of either side are described whose names are of a kind. */
function settingsOf(
  source: DatabaseProperties,
  target: DatabaseProperties,
  isOfKind: (name: string) => boolean,
): Set<string> {
  const settings = [...source.settings, ...target.settings]
  return new Set(settings.filter(({ name }) => isOfKind(name)).map(describeSetting))
}

function names(list: string | null): string | null {
  return list === null ? null : splitNames(list).map(quoteIdentifier).join(', ')
}

function describeSetting({ role, name }: DatabaseSetting): string {
  return role === null ? `setting ${name}` : `setting ${name} of role ${role}`
}

function describePrivilege(privilege: Privilege): [string, string] {
  return [
    `privilege ${privilege.privilege} for ${privilege.grantee ?? 'PUBLIC'}`,
    privilege.isGrantable ? 'granted with grant option' : 'granted',
  ]
}
