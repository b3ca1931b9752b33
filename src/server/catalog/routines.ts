/** How routines are told from others of their name. */

/**
 * The name of a function, procedure or aggregate with its arguments, of a row `p` of pg_proc in the schema `n`. Since 14 the
 * arguments of a procedure are printed with IN where nothing was printed before.
 */
export const routineIdentity = `pg_catalog.format('%I.%I(%s)', n.nspname, p.proname,
     pg_catalog.regexp_replace(pg_catalog.pg_get_function_identity_arguments(p.oid), '(^|, )IN ', '\\1', 'g'))`
