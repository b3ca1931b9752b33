/** Reads what was granted or revoked on objects of the server itself and of extensions, which a dump carries as well. */
import { isProviderRole } from '../../roles/index.js'
import { ownerCatalogs, type Provider, type Session } from '../../server/index.js'
import { privilegesOf, type OwnedObject, type Privilege } from './owned-objects.js'

/**
 * Objects whose privileges are not those that initdb or the extension's script gave (pg_init_privs); these stand
 * in the place of the defaults. What the owner has, and the provider's own roles, is not for us to carry.
 */
export async function readSystemPrivileges(
  session: Session,
  provider: Provider,
): Promise<OwnedObject[]> {
  const branches = ownerCatalogs.flatMap(({ name, owner, acl, kind, only }) =>
    acl === undefined || kind === undefined
      ? []
      : [
          `select 'pg_catalog.${name}'::pg_catalog.regclass::pg_catalog.oid, x.oid, x.${owner}, x.${acl},
                  coalesce(p.initprivs, pg_catalog.acldefault((${kind})::pg_catalog."char", x.${owner}))
             from pg_catalog.${name} x
             left join pg_catalog.pg_init_privs p
               on p.classoid = 'pg_catalog.${name}'::pg_catalog.regclass and p.objoid = x.oid and p.objsubid = 0
            where x.${acl} is not null and ${only ?? 'true'}
              ${name === 'pg_namespace' ? `and x.nspname not in ('public', 'information_schema')` : ''}
              and (x.oid < 16384
                   or exists (select from pg_catalog.pg_depend d
                               where d.classid = 'pg_catalog.${name}'::pg_catalog.regclass
                                 and d.objid = x.oid and d.deptype = 'e'))`,
        ],
  )
  const rows = await session.query<OwnedObject>(
    `select x.catalog::pg_catalog.text as catalog, x.oid::pg_catalog.text as oid, i.type, i.identity,
            i.schema, pg_catalog.pg_get_userbyid(x.owner)::pg_catalog.text as owner,
            false as "followsTable", ${privilegesOf('x.acl')} as privileges,
            ${privilegesOf('x.initial')} as defaults
       from (${branches.join('\nunion all\n')}) x (catalog, oid, owner, acl, initial)
      cross join lateral pg_catalog.pg_identify_object(x.catalog, x.oid, 0) i
      where x.acl::pg_catalog.text[] is distinct from x.initial::pg_catalog.text[]
        and (i.schema is null or i.schema <> 'information_schema')
      order by 1, 2`,
  )
  const isCarried = (owner: string) => (privilege: Privilege) =>
    privilege.grantee === null ||
    (privilege.grantee !== owner && !isProviderRole(privilege.grantee, provider))
  return rows.map((row) => ({
    ...row,
    privileges: (row.privileges ?? []).filter(isCarried(row.owner)),
    defaults: (row.defaults ?? []).filter(isCarried(row.owner)),
  }))
}
