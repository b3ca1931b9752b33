/** Schemas, extensions and types. */
import { calls } from '../calls.js'
import {
  collation,
  isNoMember,
  isOwnMultirange,
  isUserSchema,
  qualified,
  role,
  since,
  type Kind,
  type Versions,
} from '../kind.js'
import { toldDefault } from '../told.js'

/**
 * Since 15 the schema `public` belongs to pg_database_owner, before it belonged to the superuser that initdb made.
 * Either owner is the default one, so both are called by the newer name where the source is older.
 */
const schemaOwner = (source: number) =>
  source >= 15
    ? role('n.nspowner')
    : `case when n.nspname = 'public' and n.nspowner in (10, 6171) then 'pg_database_owner'
            else ${role('n.nspowner')} end`

export const schemas: Kind = {
  kind: 'schema',
  sql: ({ source }) =>
    `select pg_catalog.quote_ident(n.nspname) as object,
            pg_catalog.jsonb_build_object('owner', ${schemaOwner(source)}) as facts
       from pg_catalog.pg_namespace n
      where ${isUserSchema} and ${isNoMember('pg_namespace', 'n.oid')}`,
}

/**
 * A dump does not carry an extension's version: the target installs its default one. So that one, or the
 * source's, is what must be found there.
 */
export const extensions: Kind = {
  kind: 'extension',
  sql: () =>
    `select pg_catalog.quote_ident(e.extname) as object,
            pg_catalog.jsonb_build_object(
              'schema', n.nspname,
              'version', pg_catalog.jsonb_build_object(
                'installed', e.extversion,
                'default', (select a.default_version from pg_catalog.pg_available_extensions a
                             where a.name = e.extname))) as facts
       from pg_catalog.pg_extension e
       join pg_catalog.pg_namespace n on n.oid = e.extnamespace`,
  agree: (fact, source, target) => {
    if (fact !== 'version') return false
    const { installed } = source as ExtensionVersion
    const there = target as ExtensionVersion
    return there.installed === installed || there.installed === there.default
  },
}

interface ExtensionVersion {
  readonly installed: string
  readonly default: string | null
}

const typeName = qualified('n.nspname', 't.typname')

/** Constraints of a domain by name; NOT NULL is a fact of its own. */
const domainConstraints = (name: string, value: string) =>
  `(select pg_catalog.jsonb_object_agg(${name}, ${value}) from pg_catalog.pg_constraint o
     where o.contypid = t.oid and o.contype = 'c')`

/** NOT NULL of a domain has a name where both servers know one (17). */
const notNullName = ({ source, target }: Versions) =>
  Math.min(source, target) >= 17
    ? `(select o.conname from pg_catalog.pg_constraint o where o.contypid = t.oid and o.contype = 'n')`
    : 'null'

/** The default is the type's own. */
const domainCalls = `case when t.typtype = 'd' then coalesce(
  ${domainConstraints(`'constraint ' || o.conname`, calls('pg_constraint', 'o.oid'))}, '{}')
  || pg_catalog.jsonb_build_object('default', ${calls('pg_type', 't.oid')}) end`

const domainCode = `pg_catalog.jsonb_build_object('default', pg_catalog.pg_get_expr(t.typdefaultbin, 0))
  || coalesce(${domainConstraints(`'constraint ' || o.conname`, 'pg_catalog.pg_get_expr(o.conbin, 0)')}, '{}')`

/** Enums with their labels in order, domains with their constraints, and composite types as a whole. */
export const types: Kind = {
  kind: 'type',
  told: toldDefault,
  sql: (versions) =>
    `select ${typeName} as object,
            case t.typtype when 'd' then 'domain' when 'e' then 'enum' when 'r' then 'range type'
                           when 'c' then 'composite type' else 'type' end as kind,
            pg_catalog.jsonb_build_object(
              'type', t.typtype,
              'owner', ${role('t.typowner')},
              'defined', t.typisdefined,
              'labels', (select pg_catalog.jsonb_agg(e.enumlabel order by e.enumsortorder)
                           from pg_catalog.pg_enum e where e.enumtypid = t.oid),
              'base type', pg_catalog.format_type(nullif(t.typbasetype, 0), t.typtypmod),
              'not null', t.typnotnull,
              'not null name', ${notNullName(versions)},
              'collation', ${collation('t.typcollation', 't.typbasetype')},
              'default', case when t.typdefaultbin is null then t.typdefault end,
              'calls', ${domainCalls},
              'constraints validated', ${domainConstraints('o.conname', 'o.convalidated')}) as facts,
            case when t.typtype = 'd' then ${domainCode} end as code,
            pg_catalog.format('(select null::%s as value) as d',
                              pg_catalog.format_type(t.typbasetype, t.typtypmod)) as within
       from pg_catalog.pg_type t
       join pg_catalog.pg_namespace n on n.oid = t.typnamespace
       left join pg_catalog.pg_class c on c.oid = t.typrelid
      where (t.typtype in ('d', 'e', 'r', 'p', 'b') or c.relkind = 'c' or ${isOwnMultirange(versions, 't.oid')})
        and not exists (select 1 from pg_catalog.pg_type element where element.typarray = t.oid)
        and ${isUserSchema}
        and ${isNoMember('pg_type', 't.oid')}`,
}

/** Range types; the name of a multirange counts where both servers have multiranges (14). */
export const rangeTypes: Kind = {
  kind: 'range type',
  sql: ({ source, target }) =>
    `select ${typeName} as object,
            pg_catalog.jsonb_build_object(
              'subtype', pg_catalog.format_type(r.rngsubtype, null),
              'collation', ${collation('r.rngcollation', 'r.rngsubtype')},
              'operator class', (select ${qualified('cn.nspname', 'oc.opcname')}
                                   from pg_catalog.pg_opclass oc
                                   join pg_catalog.pg_namespace cn on cn.oid = oc.opcnamespace
                                  where oc.oid = r.rngsubopc),
              'canonical', r.rngcanonical::pg_catalog.text,
              'difference', r.rngsubdiff::pg_catalog.text,
              'multirange', ${
                Math.min(source, target) >= 14
                  ? 'pg_catalog.format_type(r.rngmultitypid, null)'
                  : 'null'
              }) as facts
       from pg_catalog.pg_range r
       join pg_catalog.pg_type t on t.oid = r.rngtypid
       join pg_catalog.pg_namespace n on n.oid = t.typnamespace
      where ${isUserSchema} and ${isNoMember('pg_type', 't.oid')}`,
}

/** Base types, which are written in C. typsubscript: 14. */
export const baseTypes: Kind = {
  kind: 'base type',
  sql: (versions) =>
    `select ${typeName} as object,
            pg_catalog.jsonb_build_object(
              'input', t.typinput::pg_catalog.text, 'output', t.typoutput::pg_catalog.text,
              'receive', t.typreceive::pg_catalog.text, 'send', t.typsend::pg_catalog.text,
              'modifier input', t.typmodin::pg_catalog.text,
              'modifier output', t.typmodout::pg_catalog.text,
              'analyze', t.typanalyze::pg_catalog.text,
              'subscript', ${versions.source >= 14 ? 't.typsubscript::pg_catalog.text' : 'null'},
              'length', t.typlen, 'by value', t.typbyval, 'alignment', t.typalign,
              'storage', t.typstorage, 'category', t.typcategory, 'preferred', t.typispreferred,
              'delimiter', t.typdelim, 'collatable', t.typcollation <> 0,
              'element', pg_catalog.format_type(nullif(t.typelem, 0), null)) as facts
       from pg_catalog.pg_type t
       join pg_catalog.pg_namespace n on n.oid = t.typnamespace
      where t.typtype = 'b'
        and t.typisdefined
        and not exists (select 1 from pg_catalog.pg_type element where element.typarray = t.oid)
        and ${isUserSchema}
        and ${isNoMember('pg_type', 't.oid')}`,
}

/** Collations; their encoding is that of the database. An ICU locale stood in collcollate before 15, in colliculocale until 16, in colllocale since. */
export const collations: Kind = {
  kind: 'collation',
  sql: (versions) => {
    const own = since(versions, 17, 'o.colllocale', since(versions, 15, 'o.colliculocale', 'null'))
    return `select ${qualified('n.nspname', 'o.collname')} as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('o.collowner')},
              'provider', o.collprovider,
              'deterministic', ${since(versions, 12, 'o.collisdeterministic', 'true')},
              'collate', case when o.collprovider = 'c' then o.collcollate end,
              'ctype', case when o.collprovider = 'c' then o.collctype end,
              'locale', case when o.collprovider not in ('c', 'i') then ${own} end,
              'rules', ${since(versions, 16, 'o.collicurules', 'null')}) as facts,
            case o.collprovider when 'i' then pg_catalog.jsonb_build_object(
              'locale', coalesce(${own}, o.collcollate::pg_catalog.text)) end as code
       from pg_catalog.pg_collation o
       join pg_catalog.pg_namespace n on n.oid = o.collnamespace
      where ${isUserSchema} and ${isNoMember('pg_collation', 'o.oid')}`
  },
}
