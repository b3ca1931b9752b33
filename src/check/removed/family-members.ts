/** What belongs to users' operator classes, and of their families what belongs to no class. */
import { isUsers } from '../catalog.js'

/** A query that returns `kind`, the address of the class or family (catalog, oid, part), and that column of each member. */
export function familyMembers(
  catalog: 'pg_amop' | 'pg_amproc',
  prefix: 'amop' | 'amproc',
  column: string,
): string {
  const inClass = `d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass and d.objid = a.oid
     and d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass`
  return `
  select 'operator class', 'pg_catalog.pg_opclass'::pg_catalog.regclass, k.oid, 0, a.${column}::pg_catalog.oid
    from pg_catalog.${catalog} a
    join pg_catalog.pg_depend d on ${inClass}
    join pg_catalog.pg_opclass k on k.oid = d.refobjid
   where ${isUsers('pg_opclass', 'k')}
  union all
  select 'operator family', 'pg_catalog.pg_opfamily'::pg_catalog.regclass, f.oid, 0, a.${column}::pg_catalog.oid
    from pg_catalog.${catalog} a join pg_catalog.pg_opfamily f on f.oid = a.${prefix}family
   where ${isUsers('pg_opfamily', 'f')}
     and not exists (select 1 from pg_catalog.pg_depend d where ${inClass})`
}
