/** Functions of the system that the source's objects call or are made of, and that the target no longer has. */
import { QueryError } from '../../errors.js'
import { quoteIdentifier, type Session } from '../../server/index.js'
import { holder, identity, isUsers, storedExpressions, tryStatement } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'
import { removalRemedy } from '../definitions/removal-statements.js'
import { aggregateFunctions, supportFunctions } from './support-functions.js'

/** How an object finds the function on the target: by a call, by the name and number of arguments, or by their very types. */
type Way = 'call' | 'count' | 'types'

interface Used {
  readonly way: Way
  readonly oid: string
  readonly name: string
  /** As format_type writes each. */
  readonly types: readonly string[]
  /** It takes a pseudo-type, of which there is no value to call it with. */
  readonly isPseudo: boolean
}

export const removedFunction: DatabaseCheck = {
  name: 'removed-function',
  scope: 'database',
  subject: 'whether the target knows every function of the system in use',
  worst: 'blocking',
  async run({ source, sourceSession, targetSession, target }) {
    const uses = `
      (select 'call', s.kind, s.catalog, s.oid, s.part, m.ids[1]::pg_catalog.oid
         from (${storedExpressions(source.facts.major)}) s,
              pg_catalog.regexp_matches(s.tree, ':(?:funcid|aggfnoid|winfnoid) (\\d+)', 'g') m (ids)
       union all select 'count', a.* from (${aggregateFunctions}) a
       union all select 'types', p.* from (${supportFunctions}) p) e (way, kind, catalog, oid, part, function)`
    const used = await sourceSession.query<Used>(
      `select u.way, f.oid, f.proname::pg_catalog.text as name, ${argumentTypes('f')} as types,
              exists (select from pg_catalog.pg_type t
                       where t.oid = any(f.proargtypes) and t.typtype = 'p') as "isPseudo"
         from (select distinct e.way, e.function from ${uses}) u join pg_catalog.pg_proc f on f.oid = u.function
        where f.oid < 16384 and f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace`,
    )
    const built = await findInternal(sourceSession, targetSession, target.facts.major)
    const missing = await missingFunctions(targetSession, used)
    if (missing.length === 0) return built
    const objects = await sourceSession.query<{ keys: string[]; kind: string; object: string }>(
      `select array_agg(distinct e.way || e.function) as keys, e.kind, ${holder} as object from ${uses}
        where e.way || e.function = any($1::pg_catalog.text[]) group by 2, 3 order by 2, 3`,
      [missing.map(keyOf)],
    )
    const using = objects.map(({ keys, kind, object }): Found => {
      const functions = missing.filter((each) => keys.includes(keyOf(each))).map(signatureOf)
      const named = [...new Set(functions)].toSorted().join(' and ')
      return {
        severity: 'blocking',
        object,
        message: `The ${kind} ${object} uses the function ${named}, which PostgreSQL ${target.facts.major} does not have.`,
        remedy: removalRemedy(kind, object, named),
      }
    })
    return [...built, ...using]
  },
}

const keyOf = ({ way, oid }: Used): string => way + oid
const signatureOf = ({ name, types }: Used): string => `${name}(${types.join(', ')})`

const argumentTypes = (alias: string): string => `array(
  select pg_catalog.format_type(a.type, null)
    from pg_catalog.unnest(${alias}.proargtypes) with ordinality a (type, place) order by a.place)`

/** Without what removed-polymorphic tells: functions whose arguments became anycompatible. */
const withoutPolymorphism = (types: readonly string[]): string =>
  types.join().replaceAll(/\bany(?:compatible|element)/g, 'any')

/** Those of the functions that the target's server does not find. */
async function missingFunctions(session: Session, used: readonly Used[]): Promise<Used[]> {
  const rows = await session.query<{ name: string; types: string[] }>(
    `select f.proname::pg_catalog.text as name, ${argumentTypes('f')} as types from pg_catalog.pg_proc f
      where f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace and f.proname::pg_catalog.text = any($1)`,
    [used.map(({ name }) => name)],
  )
  const known = new Map(used.map(({ name }) => [name, [] as string[][]]))
  for (const { name, types } of rows) known.get(name)?.push(types)
  const missing: Used[] = []
  for (const each of used) {
    const same = known.get(each.name) ?? []
    const isKnown =
      each.way === 'count'
        ? same.some((types) => types.length === each.types.length)
        : same.some((types) => withoutPolymorphism(types) === withoutPolymorphism(each.types))
    if (isKnown) continue
    if (each.way === 'call' && same.length > 0 && (await canCall(session, each))) continue
    missing.push(each)
  }
  return missing
}

/** Whether a call finds another function of that name. Types that are gone are told by removed-type. */
async function canCall(session: Session, { name, types, isPseudo }: Used): Promise<boolean> {
  if (isPseudo) return true
  const nulls = types.map((type) => `null::${type}`)
  const error = await tryStatement(
    session,
    `explain select pg_catalog.${quoteIdentifier(name)}(${nulls.join()})`,
  )
  if (error === undefined) return true
  if (!(error instanceof QueryError)) throw error
  return error.sqlState !== '42883'
}

/** Functions of users in the language internal whose code the target was built without. */
async function findInternal(source: Session, target: Session, major: number): Promise<Found[]> {
  const functions = await source.query<{ object: string; code: string }>(
    `select ${identity('pg_proc', 'f.oid')} as object, f.prosrc as code
       from pg_catalog.pg_proc f join pg_catalog.pg_language l on l.oid = f.prolang
      where l.lanname = 'internal' and ${isUsers('pg_proc', 'f')}
        and not exists (select 1 from pg_catalog.pg_aggregate a where a.aggfnoid = f.oid)
      order by 1`,
  )
  if (functions.length === 0) return []
  const known = await target.query<{ code: string }>(
    `select f.prosrc as code from pg_catalog.pg_proc f join pg_catalog.pg_language l on l.oid = f.prolang
      where l.lanname = 'internal' and f.prosrc = any($1::pg_catalog.text[])`,
    [functions.map(({ code }) => code)],
  )
  const codes = new Set(known.map(({ code }) => code))
  return functions
    .filter(({ code }) => !codes.has(code))
    .map(({ object, code }) => ({
      severity: 'blocking',
      object,
      message: `The function ${object} is the server's own ${JSON.stringify(code)} under another name, which PostgreSQL ${major} does not have.`,
      remedy: `-- on the source, if nothing needs it\ndrop function ${object};`,
    }))
}
