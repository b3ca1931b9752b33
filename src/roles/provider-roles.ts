/** The roles that a provider makes and keeps for itself, by exact name: never moved, never changed. */
import type { Provider } from '../server/index.js'

const azure = ['azuresu', 'azure_superuser', 'azure_pg_admin', 'replication']

const rds = [
  'rdsadmin',
  'rds_superuser',
  'rds_replication',
  'rds_iam',
  'rds_password',
  'rds_ad',
  'rds_extension',
  'rds_reserved',
  'rdsproxyadmin',
  'rdsrepladmin',
  'rdstopmgr',
  'rdswriteforwarduser',
]

const rolesOf: Readonly<Record<Provider, readonly string[]>> = {
  'azure-single': azure,
  'azure-flexible': azure,
  rds,
  aurora: rds,
  'cloud-sql': [
    'cloudsqladmin',
    'cloudsqlagent',
    'cloudsqlconnpooladmin',
    'cloudsqliamgroup',
    'cloudsqliamgroupserviceaccount',
    'cloudsqliamgroupuser',
    'cloudsqliamserviceaccount',
    'cloudsqliamuser',
    'cloudsqlimportexport',
    'cloudsqlinactiveuser',
    'cloudsqlobservability',
    'cloudsqlreplica',
    'cloudsqlsuperuser',
  ],
  // anon, authenticated, authenticator and service_role are not here: policies and grants of the
  // user's own tables name them, so a target that is not Supabase needs them.
  supabase: [
    'dashboard_user',
    'pgbouncer',
    'supabase_admin',
    'supabase_auth_admin',
    'supabase_etl_admin',
    'supabase_functions_admin',
    'supabase_read_only_user',
    'supabase_realtime_admin',
    'supabase_replication_admin',
    'supabase_storage_admin',
  ],
  neon: ['cloud_admin', 'neon_superuser', 'neon_service', 'zenith_admin'],
  'self-managed': [],
}

/** Names of roles that the provider makes on every server of its own; none for a self-managed one. */
export function providerRoles(provider: Provider): readonly string[] {
  return rolesOf[provider]
}

/** Whether the role belongs to this provider. */
export function isProviderRole(name: string, provider: Provider): boolean {
  return providerRoles(provider).includes(name)
}
