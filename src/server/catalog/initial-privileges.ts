/** The privileges that initdb gives without recording them in pg_init_privs: those of information_schema. */

/**
 * What information_schema.sql grants on a row `alias` of pg_namespace or pg_class: an array that stands behind acldefault().
 * Its own helpers, `sql_parts` and `transforms` it keeps to itself (10 to 18).
 */
export function unrecordedPrivileges(catalog: string, alias: string): string {
  const granted = {
    pg_namespace: {
      where: `${alias}.nspname = 'information_schema'`,
      item: `${alias}.nspowner, 'USAGE'`,
    },
    pg_class: {
      where: `${alias}.relnamespace = pg_catalog.to_regnamespace('information_schema') and ${alias}.oid < 16384
                   and ${alias}.relname !~ '^(_.*|sql_parts|transforms)$'`,
      item: `${alias}.relowner, 'SELECT'`,
    },
  }[catalog]
  return granted === undefined
    ? `'{}'::pg_catalog.aclitem[]`
    : `case when ${granted.where}
                 then array[pg_catalog.makeaclitem(0, ${granted.item}, false)] else '{}' end`
}
