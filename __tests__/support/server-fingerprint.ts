/** Everything that a whole server holds beside the content of its databases, and the names in every catalog, to compare before and after. */
import { runSql, type TestServer } from './servers.js'

const shared = [
  `select datname, datdba::regrole, datacl::text, datconnlimit, datistemplate from pg_database order by 1`,
  `select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolconnlimit, rolpassword,
          rolvaliduntil::text, rolbypassrls from pg_authid order by 1`,
  `select roleid::regrole, member::regrole, admin_option from pg_auth_members order by 1, 2`,
  `select setdatabase, setrole::regrole, setconfig from pg_db_role_setting order by 1, 2`,
  `select * from pg_shdescription order by 1, 2`,
]

const ofDatabase = `select c.oid::regclass::text as name, c.relkind, c.relowner::regrole, c.relacl::text
  from pg_class c where c.oid >= 16384 order by 1`

/** As JSON text: equal exactly when nothing has changed. */
export async function fingerprint(server: TestServer): Promise<string> {
  const parts: unknown[] = []
  for (const sql of shared) parts.push(await runSql(server, 'postgres', sql))
  const databases = await runSql<{ name: string }>(
    server,
    'postgres',
    'select datname::text as name from pg_database where datallowconn order by 1',
  )
  for (const { name } of databases) parts.push(name, await runSql(server, name, ofDatabase))
  return JSON.stringify(parts, null, 1)
}
