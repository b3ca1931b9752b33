/** Which functions and operators of users an expression calls: the server prints their names without the types by which it has chosen them. */
import { byName, isNoMember, isUserSchema } from './kind.js'

/**
 * An array in a fixed order, null where there are none. A call that is printed as before may be read as another one: of an
 * overload that is newer than the object, and fits its arguments better.
 */
export function calls(catalog: string, oid: string, column = '0'): string {
  const dependsOn = (called: string) =>
    `use.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass and use.objid = ${oid} and use.objsubid = ${column}
       and use.refclassid = 'pg_catalog.${called}'::pg_catalog.regclass and ${isUserSchema} and ${isNoMember(called, 'use.refobjid')}`
  return `(
    select pg_catalog.jsonb_agg(called.name order by ${byName('called.name')})
      from (select pg_catalog.format('%I.%I(%s)', n.nspname, routine.proname, pg_catalog.oidvectortypes(routine.proargtypes))
              from pg_catalog.pg_depend use
              join pg_catalog.pg_proc routine on routine.oid = use.refobjid
              join pg_catalog.pg_namespace n on n.oid = routine.pronamespace
             where ${dependsOn('pg_proc')}
            union
            select pg_catalog.format('%I.%s(%s, %s)', n.nspname, operator.oprname,
                                     pg_catalog.format_type(nullif(operator.oprleft, 0), null),
                                     pg_catalog.format_type(nullif(operator.oprright, 0), null))
              from pg_catalog.pg_depend use
              join pg_catalog.pg_operator operator on operator.oid = use.refobjid
              join pg_catalog.pg_namespace n on n.oid = operator.oprnamespace
             where ${dependsOn('pg_operator')}) called (name))`
}
