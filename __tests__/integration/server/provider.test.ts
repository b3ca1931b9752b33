/** Providers are told from what a real server says of itself, whatever the name of its host. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openTestServer, runSql, startServer, type TestServer } from '../../support/servers.js'

/** A host of every provider: whoever runs the server can give it such a name. */
const hosts = [
  'shop.postgres.database.azure.com',
  'shop.c9akciq32.eu-central-1.rds.amazonaws.com',
  'shop.cluster-c9akciq32.eu-central-1.rds.amazonaws.com',
  'shop.europe-west3.sql.goog',
  'db.shop.supabase.co',
  'ep-shop-123456.eu-central-1.aws.neon.tech',
]
const user = { user: 'administrator', password: 'secret' }

let server: TestServer
beforeAll(async () => {
  server = await startServer(16)
  await runSql(server, 'postgres', `create role administrator login password 'secret'`)
})
afterAll(() => server.stop())

/** What version() answers: of the server itself, or what a query says. */
function setVersion(language: 'internal' | 'sql', code: string): string {
  return `create or replace function pg_catalog.version() returns text language ${language} stable as '${code}'`
}

const windows = `select ''PostgreSQL 11.22, compiled by Visual C++ build 1800, 64-bit''::text`

test.each([
  ['nothing of a provider', '', '', 'self-managed'],
  [
    'the role of Azure and its list of extensions',
    'azure_pg_admin',
    'azure.extensions=hstore',
    'azure-flexible',
  ],
  ['the role of Azure alone', 'azure_pg_admin', '', 'azure-single'],
  [
    'the role of Azure and the compiler of Single Server',
    'azure_pg_admin',
    'windows',
    'azure-single',
  ],
  ['the role of Amazon', 'rds_superuser', 'rds.extensions=hstore', 'rds'],
  ['the role of Amazon and the function of Aurora', 'rds_superuser', 'aurora', 'aurora'],
  ['the role of Google', 'cloudsqlsuperuser', '', 'cloud-sql'],
  ['the role of Neon', 'neon_superuser', '', 'neon'],
  ['the role of Supabase', 'supabase_admin', '', 'supabase'],
  ['a role that only looks like one', 'my_rds_superuser', '', 'self-managed'],
])('%s is recognised', async (_title, role, more, provider) => {
  const create = [
    ...(role === '' ? [] : [`create role ${role}`]),
    ...(more === 'windows' ? [setVersion('sql', windows)] : []),
    ...(more === 'aurora'
      ? [
          `create function pg_catalog.aurora_version() returns text language sql as 'select null::text'`,
        ]
      : []),
  ]
  const drop = [
    ...(role === '' ? [] : [`drop role ${role}`]),
    ...(more === 'windows' ? [setVersion('internal', 'pgsql_version')] : []),
    ...(more === 'aurora' ? ['drop function pg_catalog.aurora_version()'] : []),
  ]
  for (const sql of create) await runSql(server, 'postgres', sql)
  try {
    const settings = more === 'windows' ? 'azure.extensions=hstore' : more
    const options = settings.includes('=') ? { options: `-c ${settings}` } : {}
    // The name of the host says another provider each time, and the right one once.
    for (const host of hosts) {
      const opened = await openTestServer(server, 'source', {
        ...user,
        ...options,
        host,
        hostaddr: '127.0.0.1',
      })
      expect(opened.facts.provider).toBe(provider)
    }
  } finally {
    for (const sql of drop) await runSql(server, 'postgres', sql)
  }
})

test.each(['azure_pg_admin', 'rds_superuser', 'cloudsqlsuperuser', 'neon_superuser'])(
  'a server whose superuser we are is self-managed, though it has a role %s',
  async (role) => {
    await runSql(server, 'postgres', `create role ${role}`)
    const { facts } = await openTestServer(server, 'source')
    await runSql(server, 'postgres', `drop role ${role}`)
    expect(facts.provider).toBe('self-managed')
  },
)
