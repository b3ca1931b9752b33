/** Sequences that number the rows of extensions' configuration tables (pg_extension_config_dump). */

/**
 * A query of the OIDs of what a column of such a table owns or has in its default, sequences above all. A dump has the rows,
 * which are the user's, and where the sequence stands only if the extension declares the sequence as well.
 */
export const usedByConfiguration = `
  select d.objid
    from pg_catalog.pg_extension x
    join pg_catalog.pg_depend d
      on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = any (x.extconfig)
     and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.deptype in ('a', 'i')
   union all
  select d.refobjid
    from pg_catalog.pg_extension x
    join pg_catalog.pg_attrdef f on f.adrelid = any (x.extconfig)
    join pg_catalog.pg_depend d
      on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and d.objid = f.oid
     and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass`
