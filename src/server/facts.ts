/** What a server is: version, provider, and what the connected role may do. */
import { readMessagesLanguage, type MessagesLanguage } from './session/messages-language.js'
import { detectProvider, type Provider } from './provider.js'
import type { Session } from './session/session.js'
import { readSilencing } from './session/silence.js'

export interface ServerFacts extends MessagesLanguage {
  /** As the server says it, without the packager's remark: `11.22`. */
  readonly version: string
  /** server_version_num: 110022. */
  readonly versionNumber: number
  readonly major: number
  readonly provider: Provider
  /** The role that is connected. */
  readonly user: string
  readonly isSuperuser: boolean
  readonly canCreateRoles: boolean
  readonly canCreateDatabases: boolean
  /** A standby can be read but not frozen. */
  readonly isStandby: boolean
  /** It has the setting restrict_nonsystem_relation_kind, which came with minors of 12 and later. */
  readonly restrictsRelationKinds: boolean
  /** Settings with which the role keeps its statements out of the server's log. */
  readonly silencing: Readonly<Record<string, string>>
}

/** Reads the facts over any session. */
export async function readFacts(session: Session): Promise<ServerFacts> {
  const [row] = await session.query<{
    version: string
    version_number: number
    user: string
    is_superuser: boolean
    can_create_roles: boolean
    can_create_databases: boolean
    is_standby: boolean
    restricts_relation_kinds: boolean
  }>(
    `select pg_catalog.current_setting('server_version') as version,
            pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version_number,
            r.rolname::pg_catalog.text as "user",
            r.rolsuper as is_superuser,
            r.rolcreaterole as can_create_roles,
            r.rolcreatedb as can_create_databases,
            pg_catalog.pg_is_in_recovery() as is_standby,
            exists (select from pg_catalog.pg_settings s where s.name = 'restrict_nonsystem_relation_kind')
              as restricts_relation_kinds
       from pg_catalog.pg_roles r
      where r.rolname = current_user`,
  )
  if (row === undefined) throw new Error('The server did not tell the role of its own session.')
  const major = Math.floor(row.version_number / 10_000)
  return {
    version: row.version.split(' ')[0] ?? row.version,
    versionNumber: row.version_number,
    major,
    provider: await detectProvider(session),
    user: row.user,
    isSuperuser: row.is_superuser,
    canCreateRoles: row.is_superuser || row.can_create_roles,
    canCreateDatabases: row.is_superuser || row.can_create_databases,
    isStandby: row.is_standby,
    restrictsRelationKinds: row.restricts_relation_kinds,
    silencing: await readSilencing(session, { major, isSuperuser: row.is_superuser }),
    ...(await readMessagesLanguage(session, { major, isSuperuser: row.is_superuser })),
  }
}
