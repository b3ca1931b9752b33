/** Who runs the server, told from roles, settings and version text; never from the host name, which may be anything. */
import type { Session } from './session/session.js'

export const providers = [
  'azure-single',
  'azure-flexible',
  'rds',
  'aurora',
  'cloud-sql',
  'supabase',
  'neon',
  'self-managed',
] as const
export type Provider = (typeof providers)[number]

/** The facts that tell providers apart. */
export interface ProviderFacts {
  readonly roles: readonly string[]
  readonly settings: readonly string[]
  /** Functions of the system that only a provider has. */
  readonly functions: readonly string[]
  readonly versionText: string
  /** Of the connected role. Providers keep superusers to themselves, all but Supabase in its first years. */
  readonly isSuperuser: boolean
}

/**
 * Decides from facts alone. A provider's role alone proves little: somebody may have moved it to a server of
 * their own, where they are a superuser.
 */
export function providerFrom(facts: ProviderFacts): Provider {
  const { roles, settings, functions, versionText, isSuperuser } = facts
  const hasRole = (name: string) => roles.includes(name)
  const hasSetting = (name: string) => settings.includes(name)
  if (hasRole('supabase_admin')) return 'supabase'
  if (isSuperuser) return 'self-managed'
  if (hasRole('azure_pg_admin')) {
    // Single Server is compiled by Visual C++ and has no azure.extensions allow-list.
    return hasSetting('azure.extensions') && !versionText.includes('Visual C++')
      ? 'azure-flexible'
      : 'azure-single'
  }
  if (hasRole('neon_superuser')) return 'neon'
  if (hasRole('rds_superuser')) {
    const isAurora = functions.includes('aurora_version')
    return isAurora || settings.some((name) => name.startsWith('aurora')) ? 'aurora' : 'rds'
  }
  if (hasRole('cloudsqlsuperuser')) return 'cloud-sql'
  return 'self-managed'
}

/** Reads those facts. */
export async function detectProvider(session: Session): Promise<Provider> {
  const [row] = await session.query<ProviderFacts & { version_text: string }>(
    `select array(select rolname::pg_catalog.text from pg_catalog.pg_roles
                   where rolname in ('azure_pg_admin', 'neon_superuser', 'rds_superuser',
                                     'cloudsqlsuperuser', 'supabase_admin')) as roles,
            array(select name from pg_catalog.pg_settings
                   where name like 'azure.%' or name like 'rds.%' or name like 'aurora%'
                  -- Some settings are left out of the list, but answer to their name.
                  union select name from pg_catalog.unnest(array['azure.extensions', 'rds.extensions']) s (name)
                   where pg_catalog.current_setting(name, true) is not null) as settings,
            array(select proname::pg_catalog.text from pg_catalog.pg_proc
                   where proname = 'aurora_version'
                     and pronamespace = 'pg_catalog'::pg_catalog.regnamespace) as functions,
            pg_catalog.version() as version_text,
            (select rolsuper from pg_catalog.pg_roles where rolname = current_user) as "isSuperuser"`,
  )
  if (row === undefined) return 'self-managed'
  return providerFrom({ ...row, versionText: row.version_text })
}
