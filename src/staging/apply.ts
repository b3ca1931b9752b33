/** The statements that give a database its owner, comment, limits, privileges and settings. */
import {
  formatSetting,
  grantRounds,
  quoteIdentifier,
  quoteLiteral,
  type Privilege,
} from '../server/index.js'
import { isConfidentialSetting, type NamedValue } from '../telling/settings.js'
import type { DatabaseProperties, DatabaseSetting } from './properties.js'
import type { Property } from './property.js'

export interface PropertyStatement {
  readonly sql: string
  /** What it says. */
  readonly property: Property
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
      property: { kind: 'owner' },
    },
    ...privilegeStatements(database, properties, options.isSuperuser),
    ...(properties.comment === null
      ? []
      : [
          {
            sql: `comment on database ${database} is ${quoteLiteral(properties.comment)}`,
            property: { kind: 'comment' as const },
          },
        ]),
    ...properties.settings.map((setting) => settingStatement(database, setting)),
    {
      sql: `alter database ${database} connection limit ${properties.connectionLimit}`,
      property: { kind: 'connection limit' },
    },
    ...(properties.isTemplate
      ? [
          {
            sql: `alter database ${database} is_template true`,
            property: { kind: 'template' as const },
          },
        ]
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
    property: { kind: 'privileges' as const, grantee },
  }))
  const others = privileges
    .filter(({ grantee }) => grantee !== null && grantee !== owner)
    .filter(isOwners)
    .map((privilege) => ({
      sql: grantOf(database, privilege),
      property: oneOf(privilege),
    }))
  const passedOn = grantRounds(privileges, (grantor) => grantor === owner)
    .flat()
    .filter((privilege) => !isOwners(privilege))
    .map((privilege) => ({
      sql: `set role ${quoteIdentifier(privilege.grantor)}; ${grantOf(database, privilege)}; reset role`,
      property: oneOf(privilege),
    }))
  return [...afresh, ...others, ...passedOn]
}

function oneOf({ privilege, grantee }: Privilege): Property {
  return { kind: 'privilege', privilege, grantee }
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
    property: { kind: 'setting', name: setting.name, role: setting.role },
    setting,
    ...(isConfidentialSetting(setting.name)
      ? {
          told: `-- in place of the dots, the value that it has on the source\nalter ${scope} ${formatSetting(setting.name, '…')}`,
        }
      : {}),
  }
}
