/** Conditions of catalog queries on what belongs to extensions. */

/** A catalog as the object identifier by which others name it. */
export function regclass(catalog: string): string {
  return `'pg_catalog.${catalog}'::pg_catalog.regclass`
}

/** True for a member of an extension; the catalog and the row are given by expressions for their object identifiers. */
export function isMember(classId: string, oid: string): string {
  return `exists (select from pg_catalog.pg_depend membership
                   where membership.classid = ${classId}
                     and membership.objid = ${oid} and membership.deptype = 'e')`
}
