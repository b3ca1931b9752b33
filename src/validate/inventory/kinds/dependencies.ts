/** What goes with an extension that somebody drops: DEPENDS ON EXTENSION. */
import { isMember } from '../../../server/index.js'
import { since, type Kind, type Versions } from '../kind.js'

/** pg_dump writes them since 13, and never of aggregates or of what a partition has of its parent's trigger. */
const isCarried = (versions: Versions) =>
  versions.target < 13
    ? 'false'
    : `not exists (select 1 from pg_catalog.pg_aggregate g
                    where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and g.aggfnoid = d.objid)
       and not exists (select 1 from pg_catalog.pg_trigger t
                        where d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and t.oid = d.objid
                          and (t.tgisinternal or ${since(versions, 13, 't.tgparentid <> 0', 'false')}))`

export const extensionDependencies: Kind = {
  kind: 'dependency on an extension',
  sql: (versions) =>
    `select case when i.type = 'procedure' then 'function' else i.type end || ' ' || i.identity as object,
            pg_catalog.jsonb_build_object('extensions', d.extensions) as facts,
            ${isCarried(versions)} as carried
       from (select d.classid, d.objid, pg_catalog.jsonb_agg(e.extname order by e.extname) as extensions
               from pg_catalog.pg_depend d
               join pg_catalog.pg_extension e on e.oid = d.refobjid
              where d.deptype = 'x'
                and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
                and not ${isMember('d.classid', 'd.objid')}
              group by d.classid, d.objid offset 0) d
      cross join lateral pg_catalog.pg_identify_object(d.classid, d.objid, 0) as i
      where i.schema is null or i.schema not like 'pg\\_%'`,
}
