/** The properties of a database that pg_dump leaves out without --create: owner, limit, comment, privileges, settings. */
import { UpgradeError } from '../errors.js'
import {
  isRole,
  readOnlySetting,
  valueBeforeFreeze,
  type Privilege,
  type Session,
} from '../server/index.js'
import { parseSetting } from '../telling/settings.js'

export interface DatabaseProperties {
  readonly owner: string
  readonly encoding: string
  /** `c` libc, `i` ICU (15), `b` builtin (17) */
  readonly localeProvider: 'c' | 'i' | 'b'
  readonly collate: string
  readonly ctype: string
  /** Locale of ICU or the builtin provider. */
  readonly locale: string | null
  readonly icuRules: string | null
  readonly isTemplate: boolean
  /** Where its objects are that name none; null is pg_default. */
  readonly tablespace: string | null
  readonly connectionLimit: number
  readonly comment: string | null
  /** With the defaults written out, so that two servers compare equal. */
  readonly privileges: readonly Privilege[]
  readonly hasDefaultPrivileges: boolean
  readonly settings: readonly DatabaseSetting[]
}

/** `ALTER DATABASE … SET`, or with a role `ALTER ROLE … IN DATABASE … SET`. */
export interface DatabaseSetting {
  readonly role: string | null
  readonly name: string
  readonly value: string
}

/** Reads the properties over any session of the server; `major` chooses the catalog's columns. */
export async function readProperties(
  session: Session,
  database: string,
  major: number,
): Promise<DatabaseProperties> {
  const [row] = await session.query<Omit<DatabaseProperties, 'privileges' | 'settings'>>(
    propertiesSql(major),
    [database],
  )
  if (row === undefined) {
    throw new UpgradeError(
      `The database ${JSON.stringify(database)} is not on the ${session.side} any more.`,
      {
        code: 'database-missing',
        side: session.side,
        hint: 'It was renamed or dropped during the run. Run again, with its new name in "databases" where it has one.',
      },
    )
  }
  const privileges = await session.query<Privilege>(privilegesSql, [database])
  const settings = await session.query<{ role: string | null; setting: string }>(settingsSql, [
    database,
  ])
  return {
    ...row,
    privileges,
    settings: settings.map(({ role, setting }) => ({ role, ...parseSetting(setting) })),
  }
}

/** 15 brought locale providers, 16 ICU rules, 17 one column for the locale of ICU and builtin. */
function propertiesSql(major: number): string {
  const locale = major >= 17 ? 'd.datlocale' : major >= 15 ? 'd.daticulocale' : 'null'
  return `
    select pg_catalog.pg_get_userbyid(d.datdba)::pg_catalog.text as owner,
           pg_catalog.pg_encoding_to_char(d.encoding)::pg_catalog.text as encoding,
           ${major >= 15 ? 'd.datlocprovider::pg_catalog.text' : "'c'"} as "localeProvider",
           d.datcollate::pg_catalog.text as collate,
           d.datctype::pg_catalog.text as ctype,
           ${locale}::pg_catalog.text as locale,
           ${major >= 16 ? 'd.daticurules' : 'null'}::pg_catalog.text as "icuRules",
           d.datistemplate as "isTemplate",
           (select t.spcname::pg_catalog.text from pg_catalog.pg_tablespace t
             where t.oid = d.dattablespace and t.spcname <> 'pg_default') as tablespace,
           d.datconnlimit as "connectionLimit",
           pg_catalog.shobj_description(d.oid, 'pg_database') as comment,
           d.datacl is null as "hasDefaultPrivileges"
      from pg_catalog.pg_database d
     where d.datname = $1`
}

/** What a dropped role was given is nobody's, as the check `role-vanished` says; what it gave counts as the owner's. */
const privilegesSql = `
  select pg_catalog.pg_get_userbyid(
           case when ${isRole('a.grantor')} then a.grantor else d.datdba end)::pg_catalog.text as grantor,
         case a.grantee when 0 then null else pg_catalog.pg_get_userbyid(a.grantee)::pg_catalog.text end as grantee,
         a.privilege_type as privilege,
         a.is_grantable as "isGrantable"
    from pg_catalog.pg_database d,
         pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
   where d.datname = $1 and (a.grantee = 0 or ${isRole('a.grantee')})
   order by 2 nulls first, 3, 1`

const settingsSql = `
  select case s.setrole when 0 then null else pg_catalog.pg_get_userbyid(s.setrole)::pg_catalog.text end as role,
         pg_catalog.unnest(s.setconfig) as setting
    from pg_catalog.pg_db_role_setting s
    join pg_catalog.pg_database d on d.oid = s.setdatabase
   where d.datname = $1 and (s.setrole = 0 or ${isRole('s.setrole')})
   order by 1 nulls first, 2`

/** The properties as they were before a freeze, of whatever run: the target must not begin its life read-only. */
export function propertiesBeforeFreeze(properties: DatabaseProperties): DatabaseProperties {
  return {
    ...properties,
    settings: properties.settings.flatMap((setting) => {
      if (setting.name !== readOnlySetting) return [setting]
      const value = valueBeforeFreeze(setting.value)
      return value === null ? [] : [{ ...setting, value }]
    }),
  }
}
