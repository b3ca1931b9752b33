/** Sequences: their parameters and whose they are; where they stand is compared elsewhere. */
import { isNoMember, isUserSchema, qualified, role, type Kind } from '../kind.js'

/** True for the sequence of an identity column. The bounds say what it gives; a dump leaves its type to the column. */
const isOfIdentity = `exists (select from pg_catalog.pg_depend i
                               where i.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                 and i.objid = c.oid and i.deptype = 'i')`

/** `pg_sequence`. Persistence counts from 15 on, which brought unlogged sequences: before, all were logged. */
export const sequences: Kind = {
  kind: 'sequence',
  sql: ({ source }) =>
    `select ${qualified('n.nspname', 'c.relname')} as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('c.relowner')},
              'persistence', ${source >= 15 ? 'c.relpersistence' : 'null'},
              'type', case when not ${isOfIdentity} then pg_catalog.format_type(s.seqtypid, null) end,
              'start', s.seqstart::pg_catalog.text,
              'increment', s.seqincrement::pg_catalog.text,
              'maximum', s.seqmax::pg_catalog.text,
              'minimum', s.seqmin::pg_catalog.text,
              'cache', s.seqcache::pg_catalog.text,
              'cycle', s.seqcycle,
              'owned by', (select d.refobjid::pg_catalog.regclass::pg_catalog.text || '.'
                                  || pg_catalog.quote_ident(a.attname)
                             from pg_catalog.pg_depend d
                             join pg_catalog.pg_attribute a
                               on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                            where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                              and d.objid = c.oid
                              and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                              and d.deptype in ('a', 'i'))) as facts
       from pg_catalog.pg_sequence s
       join pg_catalog.pg_class c on c.oid = s.seqrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relpersistence <> 't'
        and ${isUserSchema}
        and ${isNoMember('pg_class', 'c.oid')}`,
}
