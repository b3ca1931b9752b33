/** Who runs a server, from its roles, settings and version text. */
import { expect, test } from '@jest/globals'
import { providerFrom, type ProviderFacts } from '../../../src/server/provider.js'

const linux = 'PostgreSQL 15.8 on x86_64-pc-linux-gnu, compiled by gcc'
const windows = 'PostgreSQL 11.22, compiled by Visual C++ build 1800, 64-bit'

const facts = (changes: Partial<ProviderFacts>): ProviderFacts => ({
  roles: [],
  settings: [],
  functions: [],
  versionText: linux,
  isSuperuser: false,
  ...changes,
})

test.each([
  ['a server of its own', facts({}), 'self-managed'],
  [
    'Azure Single Server, which runs on Windows',
    facts({ roles: ['azure_pg_admin'], versionText: windows }),
    'azure-single',
  ],
  [
    'Azure Flexible Server, which has a list of extensions',
    facts({ roles: ['azure_pg_admin'], settings: ['azure.extensions'] }),
    'azure-flexible',
  ],
  ['Amazon RDS', facts({ roles: ['rds_superuser'], settings: ['rds.extensions'] }), 'rds'],
  [
    'Amazon Aurora',
    facts({ roles: ['rds_superuser'], settings: ['rds.extensions', 'aurora_compute_plan_id'] }),
    'aurora',
  ],
  [
    'Amazon Aurora by its function',
    facts({ roles: ['rds_superuser'], functions: ['aurora_version'] }),
    'aurora',
  ],
  ['Google Cloud SQL', facts({ roles: ['cloudsqlsuperuser'] }), 'cloud-sql'],
  ['Neon', facts({ roles: ['neon_superuser'] }), 'neon'],
  ['Supabase', facts({ roles: ['supabase_admin'] }), 'supabase'],
  [
    'Supabase in its first years, with a superuser',
    facts({ roles: ['supabase_admin'], isSuperuser: true }),
    'supabase',
  ],
  [
    "a superuser's own server with a role moved from Azure",
    facts({ roles: ['azure_pg_admin'], isSuperuser: true }),
    'self-managed',
  ],
  [
    "a superuser's own server with a role moved from Amazon",
    facts({ roles: ['rds_superuser'], isSuperuser: true }),
    'self-managed',
  ],
  [
    'a role that only looks like one',
    facts({ roles: ['my_rds_superuser', 'azure_pg_admin2'] }),
    'self-managed',
  ],
  ['the old compiler alone', facts({ versionText: windows }), 'self-managed'],
])('recognises %s', (_title, given, provider) => {
  expect(providerFrom(given)).toBe(provider)
})
