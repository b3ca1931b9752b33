/** Pieces of catalog queries that many checks share. */
import { messageOf, QueryError } from '../errors.js'
import { isMember, regclass, type Session } from '../server/index.js'

/** PostgreSQL's name for the encoding of the session's database. */
export async function readEncoding(session: Session): Promise<string> {
  const [row] = await session.query<{ encoding: string }>(
    `select pg_catalog.current_setting('server_encoding') as encoding`,
  )
  return row?.encoding ?? 'unknown'
}

/** True for rows that a user made: not initdb (FirstNormalObjectId is 16384), not an extension. */
export function isUsers(catalog: string, alias: string): string {
  return `${alias}.oid >= 16384 and not ${isMember(regclass(catalog), `${alias}.oid`)}`
}

/** True for relations of users: neither temporary, nor in a schema of the system, nor of an extension. */
export function isUsersRelation(relation: string, schema: string): string {
  return `${relation}.relpersistence <> 't' and ${schema}.nspname not like 'pg\\_%'
    and ${schema}.nspname <> 'information_schema' and ${isUsers('pg_class', relation)}`
}

/** Bytes of the longest name (NAMEDATALEN less one). */
export const longestName = 63

/** The object's qualified and quoted name, as pg_identify_object writes it. */
export function identity(catalog: string, oid: string, column = '0'): string {
  return `(select i.identity from pg_catalog.pg_identify_object(
    'pg_catalog.${catalog}'::pg_catalog.regclass, ${oid}, ${column}) i)`
}

/**
 * One of `base`, `base_1`, `base_2` and so on for which the query `taken`, which knows it as `f.name`, has no row. Any will do: an order
 * would have all of them looked for.
 */
export function freeName(base: string, taken: string): string {
  return `(select f.name
    from (select (${base} || case g.i when 0 then '' else '_' || g.i end)::pg_catalog.name
            from pg_catalog.generate_series(0, 999) g (i)) f (name)
   where not exists (${taken}) limit 1)`
}

/** What a row of pg_proc is called in a statement. 11 brought procedures. */
export function routineKind(major: number, alias: string): string {
  return major >= 11
    ? `case ${alias}.prokind when 'a' then 'aggregate' when 'p' then 'procedure' else 'function' end`
    : `case when ${alias}.proisagg then 'aggregate' else 'function' end`
}

/** The name of the object that a row of `storedExpressions` belongs to. */
export const holder = `(select i.identity from pg_catalog.pg_identify_object(e.catalog, e.oid, e.part) i)`

/**
 * A query that returns `kind`, the address (`catalog`, `oid`, `part`) and `tree` (the text of the node tree) of every
 * expression that a dump would carry. Majors differ: 14 stores the bodies of SQL functions and the
 * expressions of statistics, 15 the row filters of publications.
 */
export function storedExpressions(major: number): string {
  const relation = `pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace`
  const users = isUsersRelation('c', 'n')
  const address = (catalog: string, oid: string, part = '0') =>
    `'pg_catalog.${catalog}'::pg_catalog.regclass, ${oid}, ${part}::pg_catalog.int4`
  const table = address('pg_class', 'c.oid')
  const branches = [
    `select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'rule' end,
            ${table}, r.ev_action::text || coalesce(r.ev_qual::text, '')
       from ${relation} join pg_catalog.pg_rewrite r on r.ev_class = c.oid where ${users}`,
    `select ${major >= 12 ? `case a.attgenerated when '' then 'default' else 'generated column' end` : `'default'`},
            ${address('pg_class', 'c.oid', 'd.adnum')}, d.adbin::text
       from ${relation} join pg_catalog.pg_attrdef d on d.adrelid = c.oid
       join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = d.adnum where ${users}`,
    `select case k.contypid when 0 then 'check constraint' else 'domain constraint' end,
            ${address('pg_constraint', 'k.oid')}, k.conbin::text
       from pg_catalog.pg_constraint k
      where k.conbin is not null and k.coninhcount = 0 and ${isUsers('pg_constraint', 'k')}
        and not exists (select 1 from pg_catalog.pg_depend e
                         where e.objid in (k.conrelid, k.contypid) and e.deptype = 'e')`,
    `select 'index', ${address('pg_class', 'x.indexrelid')},
            coalesce(x.indexprs::text, '') || coalesce(x.indpred::text, '')
       from ${relation} join pg_catalog.pg_index x on x.indrelid = c.oid
      where ${users} and (x.indexprs is not null or x.indpred is not null)`,
    `select 'trigger', ${address('pg_trigger', 't.oid')}, t.tgqual::text
       from ${relation} join pg_catalog.pg_trigger t on t.tgrelid = c.oid
      where ${users} and t.tgqual is not null`,
    `select 'policy', ${address('pg_policy', 'p.oid')},
            coalesce(p.polqual::text, '') || coalesce(p.polwithcheck::text, '')
       from ${relation} join pg_catalog.pg_policy p on p.polrelid = c.oid where ${users}`,
    `select 'partition key', ${table}, p.partexprs::text
       from ${relation} join pg_catalog.pg_partitioned_table p on p.partrelid = c.oid
      where ${users} and p.partexprs is not null`,
    `select ${routineKind(major, 'f')}, ${address('pg_proc', 'f.oid')},
            coalesce(f.proargdefaults::text, '')${major >= 14 ? ` || coalesce(f.prosqlbody::text, '')` : ''}
       from pg_catalog.pg_proc f
      where ${isUsers('pg_proc', 'f')}
        and (f.proargdefaults is not null${major >= 14 ? ' or f.prosqlbody is not null' : ''})`,
    ...(major >= 14
      ? [
          `select 'statistics', ${address('pg_statistic_ext', 's.oid')}, s.stxexprs::text
             from pg_catalog.pg_statistic_ext s
            where s.stxexprs is not null and ${isUsers('pg_statistic_ext', 's')}`,
        ]
      : []),
    ...(major >= 15
      ? [
          `select 'publication', ${address('pg_publication', 'r.prpubid')}, r.prqual::text
             from pg_catalog.pg_publication_rel r where r.prqual is not null`,
        ]
      : []),
  ]
  return `select * from (${branches.join('\nunion all\n')}) s (kind, catalog, oid, part, tree)`
}

/**
 * Begins a query with `used`: for each materialized view (`view`) that a restore fills anew, every `relation` that is read
 * for it, its `kind`, the role that reads it (`reader`), and the one that reads what is inside it (`inside`). A view is
 * left to its owner from there on, unless it is a security_invoker (15); a materialized view below is read as it is. Before
 * 16 the tree of a view names the view itself too.
 */
export const filledViews = `
  with recursive used (view, relation, kind, reader, inside) as (
    select c.oid, c.oid, c.relkind, c.relowner, c.relowner
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'm' and c.relispopulated and ${isUsersRelation('c', 'n')}
    union
    select u.view, c.oid, c.relkind, u.inside,
           case when c.relkind = 'v' and not coalesce((
                  select o.option_value::pg_catalog.bool
                    from pg_catalog.pg_options_to_table(c.reloptions) o
                   where o.option_name = 'security_invoker'), false)
                then c.relowner else u.inside end
      from used u
      join pg_catalog.pg_rewrite w on w.ev_class = u.relation and w.ev_type = '1'
     cross join lateral pg_catalog.regexp_matches(w.ev_action::text, ':relid (\\d+)', 'g') m (ids)
      join pg_catalog.pg_class c on c.oid = m.ids[1]::pg_catalog.oid and c.oid <> u.relation
     where u.kind = 'v' or u.relation = u.view
  )`

/** Runs one statement; the server's error, if it refuses it. */
export async function tryStatement(session: Session, sql: string): Promise<Error | undefined> {
  try {
    await session.queryOne(sql)
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error))
  }
}

/** Runs a read that may not take long; undefined when it does (57014, query_canceled). */
export async function withinSeconds<T>(
  session: Session,
  seconds: number,
  read: () => Promise<T>,
): Promise<T | undefined> {
  await session.query(`set statement_timeout = '${seconds}s'`)
  try {
    return await read()
  } catch (error) {
    if (error instanceof QueryError && error.sqlState === '57014') return undefined
    throw error
  } finally {
    // Back to what the session was started with.
    await session.query('reset statement_timeout')
  }
}

/** Whether a query has a row; undefined when it takes too long to be seen. */
export async function findsRow(
  session: Session,
  seconds: number,
  sql: string,
): Promise<boolean | undefined> {
  const rows = await withinSeconds(session, seconds, () => session.query(sql))
  return rows === undefined ? undefined : rows.length > 0
}
