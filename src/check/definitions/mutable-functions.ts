/** Indexes, generated columns and partition keys that call what the target does not take for immutable. */
import { holder, storedExpressions } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'
import { mutableFunctions } from '../data/mutable-functions.js'
import { removalStatement } from './removal-statements.js'

interface Call {
  readonly kind: string
  readonly object: string
  /** With its types: `interval_out(interval)`. */
  readonly function: string
  /** Null for one of the system. */
  readonly extension: string | null
}

/** The type of an expression stands first among its fields, unless it is nested in another one. */
const typeFields = '(?:var|const|funcresult|opresult|coalesce|case|minmax)type|typeId'

/**
 * What the source takes for immutable: functions and operators by their numbers, and what writes a value as text, of which
 * a cast names only the value.
 */
function readCalls({ source, sourceSession }: DatabaseContext): Promise<Call[]> {
  return sourceSession.query<Call>(
    `with expression as (
       select e.* from (${storedExpressions(source.facts.major)}) e
        where e.kind in ('index', 'generated column', 'partition key')
          -- The index of a partition goes with that of its parent.
          and not exists (select from pg_catalog.pg_class p
                           where e.kind = 'index' and p.oid = e.oid and p.relispartition)),
     call (kind, catalog, oid, part, function) as (
       select e.kind, e.catalog, e.oid, e.part,
              case m.ids[1] when 'opno' then o.oprcode::pg_catalog.oid else m.ids[2]::pg_catalog.oid end
         from expression e
        cross join lateral pg_catalog.regexp_matches(e.tree, ':(funcid|opno) (\\d+)', 'g') m (ids)
         left join pg_catalog.pg_operator o on m.ids[1] = 'opno' and o.oid = m.ids[2]::pg_catalog.oid
        union
       select e.kind, e.catalog, e.oid, e.part, t.typoutput::pg_catalog.oid
         from expression e
        cross join lateral pg_catalog.regexp_matches(
                e.tree, '{COERCEVIAIO :arg {\\w+ [^{}]*?:(?:${typeFields}) (\\d+)', 'g') m (ids)
         join pg_catalog.pg_type t on t.oid = m.ids[1]::pg_catalog.oid)
     select distinct e.kind, ${holder} as object,
            f.proname::pg_catalog.text || '(' || pg_catalog.oidvectortypes(f.proargtypes) || ')' as function,
            x.extname::pg_catalog.text as extension
       from call e
       join pg_catalog.pg_proc f on f.oid = e.function
       left join pg_catalog.pg_depend d
         on d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = f.oid and d.deptype = 'e'
       left join pg_catalog.pg_extension x
         on d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and x.oid = d.refobjid
      -- Others are allowed as well where they are written in SQL and what they say is immutable, as text || integer.
      where f.provolatile = 'i'
        and (x.oid is not null or f.oid < 16384 and f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace)
      order by 2, 3`,
  )
}

/** Which functions of the system are not immutable on the target. */
async function readMutable({ targetSession }: DatabaseContext, used: readonly string[]) {
  const rows = await targetSession.query<{ name: string }>(
    `select n.name from pg_catalog.unnest($1::pg_catalog.text[]) n (name)
       join pg_catalog.pg_proc f
         on f.proname::pg_catalog.text || '(' || pg_catalog.oidvectortypes(f.proargtypes) || ')' = n.name
      where f.provolatile <> 'i' and f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace`,
    [used],
  )
  return new Set(rows.map(({ name }) => name))
}

export const functionNotImmutable: DatabaseCheck = {
  name: 'function-not-immutable',
  scope: 'database',
  subject: 'whether indexes, generated columns and partition keys call only what is immutable',
  worst: 'blocking',
  async run(context) {
    const calls = await readCalls(context)
    const systems = calls.filter(({ extension }) => extension === null)
    const mutable = await readMutable(
      context,
      systems.map((call) => call.function),
    )
    return calls
      .filter(({ extension, function: name }) =>
        extension === null
          ? mutable.has(name)
          : (mutableFunctions.get(extension)?.includes(name) ?? false),
      )
      .map((call) => describe(call, context.target.facts.major))
  },
}

function describe({ kind, object, function: name, extension }: Call, major: number): Found {
  const isMutable =
    extension === null
      ? `which PostgreSQL ${major} does not take for immutable`
      : `which the extension ${extension} does not declare immutable; that it was altered is in no dump`
  const way = `a function of your own that is declared IMMUTABLE and calls ${name}, with the schema of all that it names`
  const statement = removalStatement(kind, object)
  return {
    severity: 'blocking',
    object,
    message: `The ${kind} ${object} calls ${name}, ${isMutable}. The restore would fail on it.`,
    remedy:
      statement === undefined
        ? `On the source, define the ${kind} of ${object} with ${way}.`
        : `-- on the source; create it again after the upgrade, with ${way}\n${statement}`,
  }
}
