/** Functions outside the system's schemas with their bodies, and which of them call which. */
import { identity } from '../catalog.js'
import type { DatabaseContext } from '../check.js'
import { calledFunctions, type KnownNames } from './function-body.js'

/** A function as far as its body tells what it does. */
export interface UsersFunction {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly identity: string
  /** Null for what is not written in SQL or PL/pgSQL as a text. */
  readonly body: string | null
  /** It says its own search_path. */
  readonly setsPath: boolean
  /** What an aggregate consists of; it cannot have a search_path itself. */
  readonly parts: readonly string[]
  /** Of 14's SQL-standard bodies, which are bound to their objects: the functions that they call, and the relations that they read. */
  readonly calls: readonly string[]
  readonly reads: readonly string[]
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

/** All of them, also those of extensions. */
export function readUsersFunctions({
  source,
  sourceSession,
}: DatabaseContext): Promise<UsersFunction[]> {
  const isBound = source.facts.major >= 14 ? 'f.prosqlbody is not null' : 'false'
  const needs = (what: string, catalog: string) =>
    `array(select distinct ${what} from pg_catalog.pg_depend d
            where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = f.oid and ${isBound}
              and d.refclassid = 'pg_catalog.${catalog}'::pg_catalog.regclass)`
  return sourceSession.query<UsersFunction>(
    `select f.oid::pg_catalog.text as oid, n.nspname::pg_catalog.text as schema,
            f.proname::pg_catalog.text as name, ${identity('pg_proc', 'f.oid')} as identity,
            case when l.lanname in ('sql', 'plpgsql') and not ${isBound} then f.prosrc end as body,
            exists (select 1 from pg_catalog.unnest(f.proconfig) s (setting)
                     where s.setting like 'search_path=%') as "setsPath",
            array(select p.oid::pg_catalog.oid::pg_catalog.text
                    from pg_catalog.unnest(array[${partsOfAggregates.map((part) => `a.agg${part}`).join(', ')}]) p (oid)
                   where p.oid >= 16384::pg_catalog.oid) as parts,
            ${needs('d.refobjid::pg_catalog.text', 'pg_proc')} as calls,
            ${needs(identity('pg_class', 'd.refobjid'), 'pg_class')} as reads
       from pg_catalog.pg_proc f
       left join pg_catalog.pg_aggregate a on a.aggfnoid = f.oid
       join pg_catalog.pg_namespace n on n.oid = f.pronamespace
       join pg_catalog.pg_language l on l.oid = f.prolang
      where n.nspname not in ('pg_catalog', 'information_schema')`,
  )
}

/** Names that only a schema of users has: a body that leaves out the schema can mean nothing else. */
export async function readKnownNames({ sourceSession }: DatabaseContext): Promise<KnownNames> {
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

/** Functions by what they are called by. */
export interface CallGraph {
  byOid(oid: string): UsersFunction | undefined
  partsOf(called: UsersFunction): UsersFunction[]
  /** The function and all that it calls, each once; what one calls that `isFollowed` refuses is not looked at. */
  reachedFrom(
    caller: UsersFunction,
    isFollowed: (current: UsersFunction) => boolean,
  ): Iterable<UsersFunction>
}

/** `unqualified` are the names of functions that may be meant without their schema. */
export function callGraph(
  functions: readonly UsersFunction[],
  unqualified: ReadonlySet<string> = new Set(),
): CallGraph {
  const byOid = new Map(functions.map((each) => [each.oid, each]))
  const byName = new Map<string, UsersFunction[]>()
  for (const each of functions) {
    const names = [
      `${each.schema}.${each.name}`,
      ...(unqualified.has(each.name) ? [each.name] : []),
    ]
    for (const name of names) byName.set(name, [...(byName.get(name) ?? []), each])
  }
  const all = (oids: readonly string[]) => oids.flatMap((oid) => byOid.get(oid) ?? [])
  return {
    byOid: (oid) => byOid.get(oid),
    partsOf: ({ parts }) => all(parts),
    *reachedFrom(caller, isFollowed) {
      const seen = new Set([caller])
      for (const current of seen) {
        yield current
        if (!isFollowed(current)) continue
        for (const each of all([...current.parts, ...current.calls])) seen.add(each)
        for (const called of calledFunctions(current.body ?? '')) {
          for (const next of byName.get(called) ?? []) seen.add(next)
        }
      }
    },
  }
}
