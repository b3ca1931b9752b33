/** Roles of every shape on a source, and what a server says of its roles, for the tests of moving them. */
import { quoteIdentifier, quoteLiteral } from '../../../src/server/index.js'
import { runSql, type TestServer } from '../../support/servers.js'

export const awkwardNames = [
  'UPPER',
  'a b',
  'qu"ote',
  "it's",
  'naïve☂',
  'li\nne',
  'pg@pg-95',
  'select',
]

/** Creates the roles. `options16` adds what only servers of 16 and later know. */
export async function createRoles(source: TestServer): Promise<void> {
  await runSql(
    source,
    'postgres',
    `
    set password_encryption = 'scram-sha-256';
    create role app login password 'secret of app' connection limit 7 valid until '2031-02-03 04:05:06+00';
    create role group_one noinherit;
    create role group_two;
    create role builder createdb createrole;
    create role strong login superuser;
    create role streamer login replication password 'secret of streamer';
    create role bypasser bypassrls;
    grant group_one to app with admin option;
    grant group_two to group_one;
    grant pg_monitor to app;
    grant pg_read_all_settings to group_two with admin option;
    alter role app set search_path to "$user", 'odd, one', public;
    alter role app set work_mem to '12MB';
    alter role app set statement_timeout to 5000;
    alter role app set myapp.motto to 'it''s = ok';
    alter role group_two set log_min_duration_statement to 100;
    comment on role app is 'the ''application''';
    set password_encryption = 'md5';
    create role "old-login" login password 'secret of old';
  `,
  )
  for (const name of awkwardNames) {
    await runSql(
      source,
      'postgres',
      `create role ${quoteIdentifier(name)} login password ${quoteLiteral(`secret of ${name}`)};
       grant ${quoteIdentifier(name)} to app;
       comment on role ${quoteIdentifier(name)} is ${quoteLiteral(name)}`,
    )
  }
}

interface DescribedRole {
  readonly rolname: string
  readonly settings: string[] | null
}

/** Roles as the server shows them; `ignored` names are left out. */
export async function describeRoles(server: TestServer, ignored: readonly string[] = []) {
  const list = [...ignored, 'postgres'].map((name) => quoteLiteral(name)).join(', ')
  return {
    roles: await runSql<DescribedRole>(
      server,
      'postgres',
      `
      select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
             rolbypassrls, rolconnlimit, rolpassword, rolvaliduntil at time zone 'UTC' as valid_until,
             shobj_description(oid, 'pg_authid') as comment,
             (select setconfig from pg_db_role_setting where setrole = a.oid and setdatabase = 0) as settings
        from pg_authid a
       where rolname !~ '^pg_' and rolname not in (${list})
       order by rolname::text collate "C"`,
    ),
    memberships: await runSql<{ role: string; member: string; admin: boolean }>(
      server,
      'postgres',
      `
      select r.rolname as role, u.rolname as member, bool_or(m.admin_option) as admin
        from pg_auth_members m
        join pg_authid r on r.oid = m.roleid
        join pg_authid u on u.oid = m.member
       where u.rolname !~ '^pg_' and u.rolname not in (${list})
       group by 1, 2
       order by r.rolname::text collate "C", u.rolname::text collate "C"`,
    ),
  }
}
