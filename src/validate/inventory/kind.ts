/** What the inventory knows of one kind of object: a query that describes every object of that kind. */
import { isMember, ownsMultiranges, regclass } from '../../server/index.js'

/** The server a query is written for, and the pair it belongs to: what can be compared depends on both. */
export interface Versions {
  /** Of the server that will run the query. */
  readonly major: number
  readonly source: number
  readonly target: number
  /** Whether the role that will run the query may read everything. */
  readonly isSuperuser?: boolean
  /** What the providers of both servers keep for themselves, and grant things to. */
  readonly providerRoles?: readonly string[]
}

/** One object, as a query of the inventory returns it. */
export interface InventoryRow {
  /** The name by which both sides are matched, qualified and quoted. */
  readonly object: string
  /** A more precise kind than the query's own. */
  readonly kind?: string
  /** What must be equal to the letter, by the name of the fact. */
  readonly facts: Readonly<Record<string, unknown>>
  /**
   * What the server writes in its own way, above all SQL that it prints from a parse tree: equal when the target reads
   * both texts as the same. It is an expression, unless it is called `query`, `defaults` or `body` (of a routine),
   * `actions` (of a rule), `locale` (of ICU) or `partition bound`.
   */
  readonly code?: Readonly<Record<string, string | null>> | null
  /**
   * What stands around `code`. An expression: what is selected from, so that its columns are known. A body: the kind,
   * the name, the arguments and the result of the routine. Actions: the event and the relation of the rule. A bound: the columns
   * and the key of the parent. By the name of the code where these are several.
   */
  readonly within?: string | Readonly<Record<string, string | null>> | null
  /** False for what no dump carries: it may be missing on the target. */
  readonly carried?: boolean
}

export interface Kind {
  readonly kind: string
  /** A statement that returns `InventoryRow`s. */
  readonly sql: (versions: Versions) => string
  /** A rule for facts that may differ: true when the target's value is what the source's becomes there. */
  readonly agree?: (fact: string, source: unknown, target: unknown) => boolean
  /** What a difference shows of a fact or of code, where that is not all that is compared. */
  readonly told?: (fact: string, value: unknown, object: string) => unknown
}

/** SQL that exists since a major, and what stands for it on servers before that. */
export function since(
  { major }: Versions,
  first: number,
  expression: string,
  before: string,
): string {
  return major >= first ? expression : before
}

/** Schemas of users: not the server's own, not temporary ones. */
export const isUserSchema = `n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'`

/** True for an object that is no member of an extension; those are the extension's business. */
export function isNoMember(catalog: string, oid: string): string {
  return `not ${isMember(regclass(catalog), oid)}`
}

/** True for a function or cast that nobody made: a range type brings its constructors, and since 14 a cast, along. */
export function isNotImplied(catalog: string, oid: string): string {
  return `not exists (select 1 from pg_catalog.pg_depend implied
                       where implied.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass
                         and implied.objid = ${oid} and implied.deptype = 'i')`
}

/** True for a multirange that counts: it has an owner and privileges of its own on both sides, and its range is no extension's. */
export function isOwnMultirange({ source, target }: Versions, type: string): string {
  if (!ownsMultiranges(source) || !ownsMultiranges(target)) return 'false'
  return `exists (select 1 from pg_catalog.pg_range r
                   where r.rngmultitypid = ${type} and ${isNoMember('pg_type', 'r.rngtypid')})`
}

/** `schema.name`, quoted where needed. */
export function qualified(schema: string, name: string): string {
  return `pg_catalog.format('%I.%I', ${schema}, ${name})`
}

/**
 * A role's name; `pg_get_userbyid` is readable by everybody. Names of roles are in UTF-8 by custom, whatever the database's
 * encoding: in another their bytes are shown (`gr\\303\\274n`), which no conversion can fail on. quote_literal doubles the
 * backslashes that decode would take for its own.
 */
export function role(oid: string): string {
  const name = `pg_catalog.pg_get_userbyid(${oid})::pg_catalog.text`
  const bytes = `pg_catalog.decode(pg_catalog.quote_literal(${name}), 'escape')`
  return `case pg_catalog.current_setting('server_encoding') when 'UTF8' then ${name}
          else pg_catalog.btrim(pg_catalog.encode(${bytes}, 'escape'), '''') end`
}

/**
 * An order of names that both servers have, whatever the collation of their databases: without the quotes, which a newer major puts
 * around more words.
 */
export function byName(name: string): string {
  return `pg_catalog.replace(${name}, '"', '') collate "C", ${name} collate "C"`
}

/** An array of options in a fixed order; null when there are none. */
export function sorted(options: string): string {
  return `(select pg_catalog.jsonb_agg(o order by o collate "C") from pg_catalog.unnest(${options}) as o)`
}

/** The options of a column, without the mark that newer minors put on each (`pg_attver`): every server has its own. */
export function columnOptions(options: string): string {
  return sorted(
    `array(select o from pg_catalog.unnest(${options}) as o where o not like 'pg\\_attver=%')`,
  )
}

/**
 * Settings of a function, role or database. The names in a list are quoted where quote_all_identifiers was on when
 * they were set; quotes that a name does not need are not compared.
 */
export function sortedSettings(options: string): string {
  return sorted(`array(
    select case when s.setting ~ '^(search_path|temp_tablespaces|(local|session)_preload_libraries)='
                then pg_catalog.regexp_replace(s.setting, '"([a-z_][a-z0-9_]*)"', '\\1', 'g')
                else s.setting end
      from pg_catalog.unnest(${options}) as s (setting))`)
}

/**
 * The collation of what is computed: since 12 the type `name` has the collation C, and so has the text that is made of a
 * name; since 15 some names in the system's catalogs are text with that collation. C therefore does not count between a
 * source before either and a target since.
 */
export function derivedCollation(
  { source, target }: Versions,
  isComputed: string,
  name: string,
): string {
  if (![12, 15].some((major) => source < major && target >= major)) return name
  return `case when not (${isComputed}) or ${name} <> 'pg_catalog."C"' then ${name} end`
}

/**
 * The qualified name of a collation that is not the type's own: null otherwise. Since 12 the type `name` has one.
 * regcollation is not known before 13.
 */
export function collation(oid: string, type: string): string {
  return `(select ${qualified('cn.nspname', 'co.collname')} from pg_catalog.pg_collation co
             join pg_catalog.pg_namespace cn on cn.oid = co.collnamespace
             join pg_catalog.pg_type ct on ct.oid = ${type} and ct.typcollation <> co.oid
            where co.oid = ${oid})`
}

/** The security labels of a role or database, by provider. */
export function sharedLabels(catalog: 'pg_authid' | 'pg_database', oid: string): string {
  return `(select pg_catalog.jsonb_object_agg(l.provider, l.label) from pg_catalog.pg_shseclabel l
            where l.classoid = 'pg_catalog.${catalog}'::pg_catalog.regclass and l.objoid = ${oid})`
}
