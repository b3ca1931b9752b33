/** Comments and security labels, on whatever object. */
import type { Kind } from '../kind.js'

/** What says which object a row of pg_description or pg_seclabel is about; temporary objects left out. */
const identity = `cross join lateral pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) as i`

const isUsers = `(d.objoid >= 16384 or i.type = 'schema' and i.identity = 'public')
        and (i.schema is null or i.schema not like 'pg\\_%')
        and not exists (select 1 from pg_catalog.pg_depend member
                         where member.classid = d.classoid and member.objid = d.objoid
                           and member.deptype = 'e')`

const typeOf = `case when i.type = 'procedure' then 'function' else i.type end`

/**
 * Comments. An extension brings its own, which may change with its version, and `public` has one from the
 * start: both count only when somebody has changed them.
 */
export const comments: Kind = {
  kind: 'comment',
  sql: () =>
    `select ${typeOf} || ' ' || i.identity as object,
            pg_catalog.jsonb_build_object('comment', d.description) as facts
       from pg_catalog.pg_description d
       ${identity}
      where ${isUsers}
        and not (i.type = 'schema' and i.identity = 'public' and d.description = 'standard public schema')
        and not (i.type = 'extension' and d.description is not distinct from
                   (select a.comment from pg_catalog.pg_available_extensions a
                     join pg_catalog.pg_extension e on e.extname = a.name where e.oid = d.objoid))`,
}

export const securityLabels: Kind = {
  kind: 'security label',
  sql: () =>
    `select ${typeOf} || ' ' || i.identity || ': ' || d.provider as object,
            pg_catalog.jsonb_build_object('label', d.label) as facts
       from pg_catalog.pg_seclabel d
       ${identity}
      where ${isUsers}`,
}
