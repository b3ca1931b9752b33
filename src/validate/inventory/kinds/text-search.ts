/** Text search configurations, dictionaries, parsers and templates; extended statistics. */
import { calls } from '../calls.js'
import {
  isNoMember,
  isUserSchema,
  qualified,
  role,
  since,
  type Kind,
  type Versions,
} from '../kind.js'

const named = (catalog: string, prefix: string, oid: string) =>
  `(select ${qualified('xn.nspname', `x.${prefix}name`)} from pg_catalog.${catalog} x
      join pg_catalog.pg_namespace xn on xn.oid = x.${prefix}namespace where x.oid = ${oid})`

export const textSearchConfigurations: Kind = {
  kind: 'text search configuration',
  sql: () =>
    `select ${qualified('n.nspname', 'o.cfgname')} as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('o.cfgowner')},
              'parser', ${named('pg_ts_parser', 'prs', 'o.cfgparser')},
              'mapping', (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(
                                   m.maptokentype, m.mapseqno, ${named('pg_ts_dict', 'dict', 'm.mapdict')})
                                   order by m.maptokentype, m.mapseqno)
                            from pg_catalog.pg_ts_config_map m where m.mapcfg = o.oid)) as facts
       from pg_catalog.pg_ts_config o
       join pg_catalog.pg_namespace n on n.oid = o.cfgnamespace
      where ${isUserSchema} and ${isNoMember('pg_ts_config', 'o.oid')}`,
}

export const textSearchDictionaries: Kind = {
  kind: 'text search dictionary',
  sql: () =>
    `select ${qualified('n.nspname', 'o.dictname')} as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('o.dictowner')},
              'template', ${named('pg_ts_template', 'tmpl', 'o.dicttemplate')},
              'options', o.dictinitoption) as facts
       from pg_catalog.pg_ts_dict o
       join pg_catalog.pg_namespace n on n.oid = o.dictnamespace
      where ${isUserSchema} and ${isNoMember('pg_ts_dict', 'o.oid')}`,
}

export const textSearchParsers: Kind = {
  kind: 'text search parser',
  sql: () =>
    `select ${qualified('n.nspname', 'o.prsname')} as object,
            pg_catalog.jsonb_build_object(
              'start', o.prsstart::pg_catalog.text, 'token', o.prstoken::pg_catalog.text,
              'end', o.prsend::pg_catalog.text, 'headline', o.prsheadline::pg_catalog.text,
              'types', o.prslextype::pg_catalog.text) as facts
       from pg_catalog.pg_ts_parser o
       join pg_catalog.pg_namespace n on n.oid = o.prsnamespace
      where ${isUserSchema} and ${isNoMember('pg_ts_parser', 'o.oid')}`,
}

export const textSearchTemplates: Kind = {
  kind: 'text search template',
  sql: () =>
    `select ${qualified('n.nspname', 'o.tmplname')} as object,
            pg_catalog.jsonb_build_object(
              'init', o.tmplinit::pg_catalog.text,
              'lexize', o.tmpllexize::pg_catalog.text) as facts
       from pg_catalog.pg_ts_template o
       join pg_catalog.pg_namespace n on n.oid = o.tmplnamespace
      where ${isUserSchema} and ${isNoMember('pg_ts_template', 'o.oid')}`,
}

/** Statistics of every kind are dumped without a list of kinds, so that 12 and later add theirs: `m`. */
const statisticsKinds = ({ major, target }: Versions) =>
  `(select pg_catalog.jsonb_agg(k order by k) from pg_catalog.unnest(${
    major < 12 && target >= 12
      ? `case when o.stxkind @> '{d,f}' then o.stxkind || 'm'::pg_catalog."char" else o.stxkind end`
      : 'o.stxkind'
  }) as k)`

/** Extended statistics. Their target: 13, null instead of -1 since 17. Expressions: 14. */
export const extendedStatistics: Kind = {
  kind: 'extended statistics',
  sql: (versions) =>
    `select ${qualified('n.nspname', 'o.stxname')} as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('o.stxowner')},
              'table', o.stxrelid::pg_catalog.regclass::pg_catalog.text,
              'columns', (select pg_catalog.jsonb_agg(a.attname order by a.attname)
                            from pg_catalog.pg_attribute a
                           where a.attrelid = o.stxrelid and a.attnum = any (o.stxkeys::pg_catalog.int2[])),
              'calls', ${calls('pg_statistic_ext', 'o.oid')},
              'kinds', ${statisticsKinds(versions)},
              'target', ${since(versions, 13, 'coalesce(o.stxstattarget, -1)', '-1')}) as facts,
            pg_catalog.jsonb_build_object(
              'expressions', ${since(versions, 14, 'pg_catalog.pg_get_expr(o.stxexprs, o.stxrelid)', 'null')}) as code,
            o.stxrelid::pg_catalog.regclass::pg_catalog.text as within
       from pg_catalog.pg_statistic_ext o
       join pg_catalog.pg_namespace n on n.oid = o.stxnamespace
      where ${isUserSchema} and ${isNoMember('pg_statistic_ext', 'o.oid')}`,
}
