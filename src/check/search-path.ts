/** Functions that need a search_path where a restore has none: tools empty it, so that no name can be hijacked. */
import { QueryError } from '../errors.js'
import { quoteIdentifier } from '../server/index.js'
import { filledViews, identity, isUsersRelation } from './catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from './check.js'
import { calledFunctions, unqualifiedNames, type KnownNames } from './function-body.js'

interface UsersFunction {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly identity: string
  /** Null for what is not written in SQL or PL/pgSQL, or says its own search_path. */
  readonly body: string | null
}

/** The body of 14's SQL-standard functions is bound to its objects when it is created. */
function readFunctions({ source, sourceSession }: DatabaseContext): Promise<UsersFunction[]> {
  const isBound = source.facts.major >= 14 ? 'f.prosqlbody is not null' : 'false'
  return sourceSession.query<UsersFunction>(
    `select f.oid::pg_catalog.text as oid, n.nspname::pg_catalog.text as schema,
            f.proname::pg_catalog.text as name, ${identity('pg_proc', 'f.oid')} as identity,
            case when l.lanname in ('sql', 'plpgsql') and not ${isBound}
                  and not exists (select 1 from pg_catalog.unnest(f.proconfig) s (setting)
                                   where s.setting like 'search_path=%')
                 then f.prosrc end as body
       from pg_catalog.pg_proc f
       join pg_catalog.pg_namespace n on n.oid = f.pronamespace
       join pg_catalog.pg_language l on l.oid = f.prolang
      where n.nspname not in ('pg_catalog', 'information_schema')`,
  )
}

async function readNames({ sourceSession }: DatabaseContext): Promise<KnownNames> {
  const [row] = await sourceSession.query<Record<keyof KnownNames, string[]>>(
    `select ${(['pg_proc', 'pg_class', 'pg_type'] as const).map(namesOutsideTheSystem).join(', ')}`,
  )
  return {
    functions: new Set(row?.functions),
    relations: new Set(row?.relations),
    types: new Set(row?.types),
  }
}

/** Names that only exist in schemas of users; what pg_catalog has too is found there in any case. */
function namesOutsideTheSystem(catalog: 'pg_proc' | 'pg_class' | 'pg_type'): string {
  const [prefix, condition, kind] = {
    pg_proc: ['pro', 'true', 'functions'],
    pg_class: ['rel', `o.relkind in ('r', 'p', 'v', 'm', 'f')`, 'relations'],
    pg_type: ['typ', 'o.typelem = 0', 'types'],
  }[catalog]
  const ofSystem = `'pg_catalog'::pg_catalog.regnamespace`
  return `array(
    select distinct o.${prefix}name::pg_catalog.text from pg_catalog.${catalog} o
     where o.oid >= 16384 and o.${prefix}namespace <> ${ofSystem} and ${condition}
       and not exists (select 1 from pg_catalog.${catalog} s
                        where s.${prefix}namespace = ${ofSystem} and s.${prefix}name = o.${prefix}name)
  ) as ${kind}`
}

/** Something that is computed while a database is restored, and the functions that it calls. */
interface Computed {
  readonly kind: string
  readonly object: string
  readonly functions: readonly string[]
  /** True when an empty table means that nothing is computed. */
  readonly needsRows: boolean
  /** The table, as it can be written in a query. */
  readonly table: string
}

/** Checks, indexes, generated columns (12), partition keys, materialized views, and domains in use. */
function readComputed({ source, sourceSession }: DatabaseContext): Promise<Computed[]> {
  const relation = `pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace`
  const users = isUsersRelation('c', 'n')
  const branches = [
    `select 'check constraint', ${identity('pg_constraint', 'k.oid')}, k.conbin::text, true, c.oid
       from ${relation} join pg_catalog.pg_constraint k on k.conrelid = c.oid
      where k.contype = 'c' and ${users}`,
    `select 'domain', ${identity('pg_type', 'a.atttypid')}, k.conbin::text, true, c.oid
       from ${relation} join pg_catalog.pg_attribute a on a.attrelid = c.oid and not a.attisdropped
       join pg_catalog.pg_constraint k on k.contypid = a.atttypid
      where k.conbin is not null and c.relkind in ('r', 'p') and ${users}`,
    `select 'index', ${identity('pg_class', 'x.indexrelid')},
            coalesce(x.indexprs::text, '') || coalesce(x.indpred::text, ''), false, c.oid
       from ${relation} join pg_catalog.pg_index x on x.indrelid = c.oid
      where (x.indexprs is not null or x.indpred is not null) and ${users}`,
    `select 'partition key', ${identity('pg_class', 'c.oid')}, p.partexprs::text, true, c.oid
       from ${relation} join pg_catalog.pg_partitioned_table p on p.partrelid = c.oid
      where p.partexprs is not null and ${users}`,
    `select 'materialized view', ${identity('pg_class', 'u.view')},
            pg_catalog.string_agg(w.ev_action::text, ''), false, u.view
       from used u join pg_catalog.pg_rewrite w on w.ev_class = u.relation and w.ev_type = '1'
      group by u.view`,
    ...(source.facts.major >= 12
      ? [
          `select 'generated column', ${identity('pg_class', 'c.oid', 'a.attnum')}, d.adbin::text, true, c.oid
             from ${relation} join pg_catalog.pg_attribute a on a.attrelid = c.oid
             join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
            where a.attgenerated <> '' and ${users}`,
        ]
      : []),
  ]
  return sourceSession.query<Computed>(
    `${filledViews}
     select distinct e.kind, e.object, e.rows as "needsRows", ${identity('pg_class', 'e.relation')} as table,
            array(select distinct f.oid::pg_catalog.text
                    from pg_catalog.regexp_matches(e.tree, ':(funcid|opno) (\\d+)', 'g') m (ids)
                    left join pg_catalog.pg_operator o
                      on m.ids[1] = 'opno' and o.oid = m.ids[2]::pg_catalog.oid
                    join pg_catalog.pg_proc f
                      on f.oid = case m.ids[1] when 'opno' then o.oprcode::pg_catalog.oid
                                 else m.ids[2]::pg_catalog.oid end
                   where f.oid >= 16384) as functions
       from (${branches.join('\nunion all\n')}) e (kind, object, tree, rows, relation)
      order by 1, 2`,
  )
}

/** A function whose body leaves names to the search_path, reached from the one that is called. */
interface Culprit {
  readonly caller: UsersFunction
  readonly culprit: UsersFunction
  readonly names: readonly string[]
}

/**
 * Follows calls from a function until a body is found that leaves names to the search_path. There may be thousands of
 * functions, and thousands of tables that call the same one: each is looked at once.
 */
function culpritFinder(
  functions: readonly UsersFunction[],
  known: KnownNames,
): (oid: string) => Culprit | undefined {
  const byOid = new Map(functions.map((each) => [each.oid, each]))
  const byName = new Map<string, UsersFunction[]>()
  for (const each of functions) {
    const name = `${each.schema}.${each.name}`
    byName.set(name, [...(byName.get(name) ?? []), each])
  }
  const search = (caller: UsersFunction): Culprit | undefined => {
    const seen = new Set([caller])
    for (const current of seen) {
      if (current.body === null) continue
      const names = unqualifiedNames(current.body, known)
      if (names.length > 0) return { caller, culprit: current, names }
      for (const called of calledFunctions(current.body)) {
        for (const next of byName.get(called) ?? []) seen.add(next)
      }
    }
    return undefined
  }
  const found = new Map<string, Culprit | undefined>()
  return (oid) => {
    const caller = byOid.get(oid)
    if (caller !== undefined && !found.has(oid)) found.set(oid, search(caller))
    return found.get(oid)
  }
}

export const searchPath: DatabaseCheck = {
  name: 'search-path',
  scope: 'database',
  subject: 'functions that need a search_path during the restore',
  worst: 'blocking',
  async run(context) {
    const computed = (await readComputed(context)).filter(({ functions }) => functions.length > 0)
    if (computed.length === 0) return []
    const culpritOf = culpritFinder(await readFunctions(context), await readNames(context))
    const found: Found[] = []
    for (const use of computed) {
      const culprit = use.functions.map(culpritOf).find((candidate) => candidate !== undefined)
      if (culprit === undefined) continue
      if (use.needsRows && (await isEmpty(context, use.table))) continue
      found.push(describe(use, culprit))
    }
    return found
  },
}

/**
 * Where the key of the partitions is what needs the search_path, the table cannot even be read without one
 * (42: names that are not found), and so may hold rows.
 */
async function isEmpty({ sourceSession }: DatabaseContext, table: string): Promise<boolean> {
  try {
    return (await sourceSession.query(`select 1 from ${table} limit 1`)).length === 0
  } catch (error) {
    if (error instanceof QueryError && error.sqlState?.startsWith('42') === true) return false
    throw error
  }
}

const consequences: Readonly<Record<string, string>> = {
  index: 'the index could not be built',
  'materialized view': 'it could not be filled',
}

function describe({ kind, object }: Computed, { caller, culprit, names }: Culprit): Found {
  const through = culprit === caller ? '' : ` (through ${culprit.identity})`
  const schemas = [...new Set([culprit.schema, caller.schema, 'public'])].map(quoteIdentifier)
  return {
    severity: 'blocking',
    object,
    message: `The ${kind} ${object} calls ${caller.identity}, which${through} finds ${names.join(', ')} only by the search_path. A restore runs with an empty one: ${consequences[kind] ?? 'the rows of the table would be refused'}.`,
    remedy: `-- on the source; name the schemas that the function needs\nalter function ${caller.identity} set search_path = ${schemas.join(', ')}, pg_temp;`,
  }
}
