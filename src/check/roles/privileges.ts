/** Privileges that are not those which an object was made with, and the statements that make them so again. */

/**
 * Ends a query that begins with `privilege`: for each object `place`, as GRANT names it, a `column` in parentheses or nothing,
 * the privileges `now`, those `given` at first, and `object`. Returns the `keys` and the `statements` of each that differs.
 */
export function changedPrivileges(keys: string): string {
  // A role that was dropped has no name for a statement; `role-vanished` tells of it.
  const exploded = (acl: string) =>
    `select a.grantee, a.privilege_type from pg_catalog.aclexplode(${acl}) a
      where a.grantee = 0 or exists (select from pg_catalog.pg_roles r where r.oid = a.grantee)`
  const differing = (word: string, preposition: string, some: string, others: string) =>
    `select q.*, '${word} ' || x.privilege_type || q.column || ' on ' || q.place || ' ${preposition} '
                 || case x.grantee when 0 then 'public'
                         else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) end || ';' as statement
       from privilege q
      cross join lateral (${exploded(some)} except ${exploded(others)}) x`
  return `
     select ${keys}, pg_catalog.array_agg(statement order by statement) as statements
       from (${differing('revoke', 'from', 'q.now', 'q.given')}
             union all
             ${differing('grant', 'to', 'q.given', 'q.now')}) g
      group by ${keys} order by object`
}
