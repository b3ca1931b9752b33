/** Functions that need a search_path where a restore has none: tools empty it, so that no name can be hijacked. */
import { QueryError } from '../../errors.js'
import { quoteIdentifier } from '../../server/index.js'
import { identity } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'
import { readComputed, type Computed } from './computed.js'
import { calledFunctions, unqualifiedNames, type KnownNames } from './function-body.js'

interface UsersFunction {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly identity: string
  /** Null for what is not written in SQL or PL/pgSQL, or says its own search_path. */
  readonly body: string | null
  /** What an aggregate consists of; it cannot have a search_path itself. */
  readonly parts: readonly string[]
}

const partsOfAggregates = [
  'transfn',
  'finalfn',
  'combinefn',
  'serialfn',
  'deserialfn',
  'mtransfn',
  'minvtransfn',
  'mfinalfn',
]

/** The body of 14's SQL-standard functions is bound to its objects when it is created. */
function readFunctions({ source, sourceSession }: DatabaseContext): Promise<UsersFunction[]> {
  const isBound = source.facts.major >= 14 ? 'f.prosqlbody is not null' : 'false'
  return sourceSession.query<UsersFunction>(
    `select f.oid::pg_catalog.text as oid, n.nspname::pg_catalog.text as schema,
            f.proname::pg_catalog.text as name, ${identity('pg_proc', 'f.oid')} as identity,
            case when l.lanname in ('sql', 'plpgsql') and not ${isBound}
                  and not exists (select 1 from pg_catalog.unnest(f.proconfig) s (setting)
                                   where s.setting like 'search_path=%')
                 then f.prosrc end as body,
            array(select p.oid::pg_catalog.oid::pg_catalog.text
                    from pg_catalog.unnest(array[${partsOfAggregates.map((part) => `a.agg${part}`).join(', ')}]) p (oid)
                   where p.oid >= 16384::pg_catalog.oid) as parts
       from pg_catalog.pg_proc f
       left join pg_catalog.pg_aggregate a on a.aggfnoid = f.oid
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
  const partsOf = ({ parts }: UsersFunction) => parts.flatMap((oid) => byOid.get(oid) ?? [])
  const search = (caller: UsersFunction): Culprit | undefined => {
    const seen = new Set([caller])
    for (const current of seen) {
      for (const part of partsOf(current)) seen.add(part)
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
    const called = byOid.get(oid)
    if (called !== undefined && !found.has(oid)) {
      const callers = called.parts.length > 0 ? partsOf(called) : [called]
      found.set(
        oid,
        callers.map(search).find((culprit) => culprit !== undefined),
      )
    }
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
