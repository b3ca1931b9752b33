/** Foreign data wrappers, servers and user mappings; publications. */
import { notShown } from '../../../telling/settings.js'
import { isNoMember, role, since, sorted, type Kind, type Versions } from '../kind.js'
import { toldOptions } from '../told.js'

export const foreignDataWrappers: Kind = {
  kind: 'foreign data wrapper',
  told: toldOptions,
  // The function that makes connection strings for subscriptions: 19.
  sql: (versions) =>
    `select pg_catalog.quote_ident(w.fdwname) as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('w.fdwowner')},
              'handler', w.fdwhandler::pg_catalog.regprocedure::pg_catalog.text,
              'validator', w.fdwvalidator::pg_catalog.regprocedure::pg_catalog.text,
              'connection', ${since(versions, 19, 'w.fdwconnection::pg_catalog.regprocedure::pg_catalog.text', `'-'`)},
              'options', ${sorted('w.fdwoptions')}) as facts
       from pg_catalog.pg_foreign_data_wrapper w
      where ${isNoMember('pg_foreign_data_wrapper', 'w.oid')}`,
}

/** A dump takes an empty type or version for none. */
export const foreignServers: Kind = {
  kind: 'foreign server',
  told: toldOptions,
  sql: () =>
    `select pg_catalog.quote_ident(s.srvname) as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('s.srvowner')},
              'wrapper', (select w.fdwname from pg_catalog.pg_foreign_data_wrapper w where w.oid = s.srvfdw),
              'type', nullif(s.srvtype, ''),
              'version', nullif(s.srvversion, ''),
              'options', ${sorted('s.srvoptions')}) as facts
       from pg_catalog.pg_foreign_server s
      where ${isNoMember('pg_foreign_server', 's.oid')}`,
}

const noOptions = `case pg_catalog.current_setting('is_superuser') when 'on' then '[]'::pg_catalog.jsonb end`

/**
 * Options may hold passwords, so they are compared by a hash of the server, and only where both sides show them. The hash
 * is not told: who has it can try passwords. A superuser is shown all options, so that to one, null means that there are none.
 */
export const userMappings: Kind = {
  kind: 'user mapping',
  sql: () =>
    `select pg_catalog.format('%I on %I', m.usename, m.srvname) as object,
            pg_catalog.jsonb_build_object(
              'option names', coalesce((select pg_catalog.jsonb_agg(o.option_name order by o.option_name collate "C")
                                          from pg_catalog.pg_options_to_table(m.umoptions) as o), ${noOptions}),
              'options', coalesce((select pg_catalog.jsonb_agg(pg_catalog.hashtext(o) order by o collate "C")
                                     from pg_catalog.unnest(m.umoptions) as o), ${noOptions})) as facts
       from pg_catalog.pg_user_mappings m`,
  agree: (_fact, source, target) => source === null || target === null,
  told: (fact, value) =>
    fact === 'options' && Array.isArray(value) && value.length > 0 ? notShown : value,
}

/** A table with its columns and row filter, both since 15; what is left out of all tables is named since 19. */
const publishedTables = (versions: Versions) =>
  `(select pg_catalog.jsonb_agg(line order by nspname, relname) from (
      select n.nspname, c.relname, pg_catalog.format('%s%s %s %s', ${since(versions, 19, `case when r.prexcept then 'except ' end`, 'null')},
               r.prrelid::pg_catalog.regclass,
               ${since(
                 versions,
                 15,
                 `(select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attname)
                     from pg_catalog.pg_attribute a
                    where a.attrelid = r.prrelid and a.attnum = any (r.prattrs::pg_catalog.int2[]))`,
                 'null',
               )},
               ${since(versions, 15, 'pg_catalog.pg_get_expr(r.prqual, r.prrelid)', 'null')}) as line
        from pg_catalog.pg_publication_rel r
        join pg_catalog.pg_class c on c.oid = r.prrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace where r.prpubid = p.oid) as lines)`

/** Publications. Truncate: 11. Through the root: 13. Of schemas: 15. Of generated columns: 18. Of sequences: 19. */
export const publications: Kind = {
  kind: 'publication',
  sql: (versions) =>
    `select pg_catalog.quote_ident(p.pubname) as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('p.pubowner')},
              'all tables', p.puballtables,
              'all sequences', ${since(versions, 19, 'p.puballsequences', 'false')},
              'insert', p.pubinsert, 'update', p.pubupdate, 'delete', p.pubdelete,
              'truncate', ${since(versions, 11, 'p.pubtruncate', 'false')},
              'via root', ${since(versions, 13, 'p.pubviaroot', 'false')},
              'generated columns', ${since(versions, 18, 'p.pubgencols', `'n'`)},
              'tables', ${publishedTables(versions)},
              'schemas', ${since(
                versions,
                15,
                `(select pg_catalog.jsonb_agg(n.nspname order by n.nspname)
                    from pg_catalog.pg_publication_namespace s
                    join pg_catalog.pg_namespace n on n.oid = s.pnnspid where s.pnpubid = p.oid)`,
                'null',
              )}) as facts
       from pg_catalog.pg_publication p
      where ${isNoMember('pg_publication', 'p.oid')}`,
}
