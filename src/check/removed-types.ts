/** Types, functions and operators of the system that the source's objects use and the target no longer has. */
import { QueryError } from '../errors.js'
import type { Session } from '../server/index.js'
import {
  holder,
  identity,
  isUsers,
  isUsersRelation,
  storedExpressions,
  tryStatement,
} from './catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from './check.js'

/**
 * Everything that a user declared with a type: `type`, `kind`, and the object's address (catalog, oid, column).
 * A column that is inherited changes with its parent's; a view is dropped as a whole.
 */
const typeUses = (major: number): string => `
  select a.atttypid as type,
         case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
           when 'c' then 'attribute' when 'f' then 'column of a foreign table' else 'column' end as kind,
         'pg_catalog.pg_class'::pg_catalog.regclass as catalog, c.oid,
         case when c.relkind in ('v', 'm') then 0 else a.attnum end::pg_catalog.int4 as part
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
     and a.attinhcount = 0 and ${isUsersRelation('c', 'n')}
  union all
  select t.typbasetype, 'domain', 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 0
    from pg_catalog.pg_type t where t.typtype = 'd' and ${isUsers('pg_type', 't')}
  union all
  select r.rngsubtype, 'range', 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, 0
    from pg_catalog.pg_range r join pg_catalog.pg_type t on t.oid = r.rngtypid
   where ${isUsers('pg_type', 't')}
  union all
  select s.type, 'function', 'pg_catalog.pg_proc'::pg_catalog.regclass, f.oid, 0
    from pg_catalog.pg_proc f,
         pg_catalog.unnest(f.proargtypes::pg_catalog.oid[] || f.prorettype || f.proallargtypes) as s (type)
   where ${isUsers('pg_proc', 'f')}
  union all
  select m.ids[1]::pg_catalog.oid, e.kind, e.catalog, e.oid, e.part
    from (${storedExpressions(major)}) e,
         pg_catalog.regexp_matches(e.tree, ':\\w*type(?:id|Id)? (\\d+)', 'g') m (ids)`

interface TypeUse {
  readonly type: string
  readonly kind: string
  readonly object: string
}

const removedType: DatabaseCheck = {
  name: 'removed-type',
  scope: 'database',
  subject: 'whether the target knows every type in use',
  worst: 'blocking',
  async run({ source, sourceSession, targetSession, target }) {
    const all = typeUses(source.facts.major)
    const used = await sourceSession.query<{ name: string }>(
      `select distinct t.typname::pg_catalog.text as name
         from (${all}) u
         join pg_catalog.pg_type t on t.oid = u.type
        where t.oid < 16384 and t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace`,
    )
    const names = await missingNames(targetSession, 'pg_type', 'typ', used)
    const uses = await sourceSession.query<TypeUse>(
      `select distinct pg_catalog.format_type(t.oid, null) as type, u.kind,
              (select i.identity from pg_catalog.pg_identify_object(u.catalog, u.oid, u.part) i) as object
         from (${all}) u join pg_catalog.pg_type t on t.oid = u.type
        where t.oid < 16384
          and (t.typname::pg_catalog.text = any($1::pg_catalog.text[])
               -- Declared by 9.6 or earlier; since 10 no column can be of this type.
               or (t.typname = 'unknown' and u.kind = 'column'))
        order by 2, 3`,
      [names],
    )
    return firstThingsFirst(uses).map(({ type, kind, object }) => ({
      severity: 'blocking',
      object,
      message: `The ${kind} ${object} uses the type ${type}, which PostgreSQL ${target.facts.major} does not have.`,
      remedy: removedTypeRemedy({ type, kind, object }),
    }))
  },
}

/** One use of each object; views first, because no column that a view reads can be changed. */
function firstThingsFirst(uses: readonly TypeUse[]): TypeUse[] {
  const once = new Map<string, TypeUse>()
  for (const use of uses) if (!once.has(use.object)) once.set(use.object, use)
  return [...once.values()].toSorted((a, b) => Number(isView(b)) - Number(isView(a)))
}

function isView({ kind }: TypeUse): boolean {
  return kind === 'view' || kind === 'materialized view'
}

interface Successor {
  readonly type: string
  readonly using: (column: string) => string
}

/** What takes the place of a removed type, and how a value gets there. */
const successors: Readonly<Record<string, Successor>> = {
  abstime: {
    type: 'timestamp with time zone',
    using: (column) => `${column}::timestamp with time zone`,
  },
  'abstime[]': {
    type: 'timestamp with time zone[]',
    using: (column) => `${column}::timestamp with time zone[]`,
  },
  reltime: { type: 'interval', using: (column) => `${column}::interval` },
  'reltime[]': { type: 'interval[]', using: (column) => `${column}::interval[]` },
  tinterval: {
    type: 'tstzrange',
    using: (column) =>
      `tstzrange(tintervalstart(${column})::timestamptz, tintervalend(${column})::timestamptz, '[]')`,
  },
}
const asText: Successor = { type: 'text', using: (column) => `${column}::text` }

function removedTypeRemedy({ type, kind, object }: TypeUse): string {
  const successor = successors[type] ?? asText
  if (kind === 'view' || kind === 'materialized view') {
    return `-- on the source; create it again with ${successor.type} after the upgrade\ndrop ${kind} ${object};`
  }
  const parts = /^(.*)\.("(?:[^"]|"")*"|[^."]+)$/s.exec(object)
  const [, relation = '', column = ''] = parts ?? []
  if (kind === 'column') {
    return `-- on the source\nalter table ${relation} alter column ${column} type ${successor.type} using ${successor.using(column)};`
  }
  if (kind === 'attribute') {
    return `-- on the source\nalter type ${relation} alter attribute ${column} type ${successor.type};`
  }
  if (kind === 'column of a foreign table') {
    return `-- on the source\nalter foreign table ${relation} alter column ${column} type ${successor.type};`
  }
  return `On the source, change it to another type, such as ${successor.type}, or drop it.`
}

/** The names of a catalog of the system that the other server does not have. */
async function missingNames(
  session: Session,
  catalog: 'pg_type' | 'pg_proc',
  prefix: 'typ' | 'pro',
  used: readonly { name: string }[],
): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `select u.name from pg_catalog.unnest($1::pg_catalog.text[]) as u (name)
      where not exists (select 1 from pg_catalog.${catalog} t
                         where t.${prefix}name = u.name::pg_catalog.name
                           and t.${prefix}namespace = 'pg_catalog'::pg_catalog.regnamespace)`,
    [used.map(({ name }) => name)],
  )
  return rows.map(({ name }) => name)
}

const removedFunction: DatabaseCheck = {
  name: 'removed-function',
  scope: 'database',
  subject: 'whether the target knows every function of the system in use',
  worst: 'blocking',
  async run({ source, sourceSession, targetSession, target }) {
    const calls = `(${storedExpressions(source.facts.major)}) e,
              pg_catalog.regexp_matches(e.tree, ':(?:funcid|aggfnoid|winfnoid) (\\d+)', 'g') m (ids)
         join pg_catalog.pg_proc f on f.oid = m.ids[1]::pg_catalog.oid`
    const isSystems = `f.oid < 16384 and f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace`
    const used = await sourceSession.query<{ name: string }>(
      `select distinct f.proname::pg_catalog.text as name from ${calls} where ${isSystems}`,
    )
    const built = await findInternal(sourceSession, targetSession, target.facts.major)
    const missing = await missingNames(targetSession, 'pg_proc', 'pro', used)
    if (missing.length === 0) return built
    const uses = await sourceSession.query<{ name: string; kind: string; object: string }>(
      `select distinct f.proname::pg_catalog.text as name, e.kind, ${holder} as object from ${calls}
        where ${isSystems} and f.proname::pg_catalog.text = any($1::pg_catalog.text[]) order by 2, 3`,
      [missing],
    )
    const calling = uses.map(({ name, kind, object }): Found => ({
      severity: 'blocking',
      object,
      message: `The ${kind} ${object} calls the function ${name}, which PostgreSQL ${target.facts.major} does not have.`,
      remedy: `On the source, define it without ${name}, or drop it.`,
    }))
    return [...built, ...calling]
  },
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

interface Operator {
  readonly name: string
  readonly left: string | null
  readonly right: string | null
}

interface OperatorUse extends Operator {
  readonly kind: string
  readonly object: string
}

const removedOperator: DatabaseCheck = {
  name: 'removed-operator',
  scope: 'database',
  subject: 'whether the target knows every operator of the system in use',
  worst: 'blocking',
  async run(context) {
    const used = await readOperators(context)
    const missing = await missingOperators(context.targetSession, used)
    if (missing.size === 0) return []
    const uses = await readOperators<OperatorUse>(context, `, e.kind, ${holder} as object`)
    return uses
      .filter((use) => missing.has(operatorCall(use)))
      .map(({ name, left, right, kind, object }) => ({
        severity: 'blocking',
        object,
        message: `The ${kind} ${object} uses the operator ${[left, name, right].filter((part) => part !== null).join(' ')}, which PostgreSQL ${context.target.facts.major} does not have.`,
        remedy: `On the source, define it with a function in place of the operator (for "!", factorial()), or drop it.`,
      }))
  },
}

/** Operators between pseudo-types are left out: what they resolve to depends on their arguments. */
function readOperators<T extends Operator>(
  { source, sourceSession }: DatabaseContext,
  more = '',
): Promise<T[]> {
  return sourceSession.query<T>(
    `select distinct o.oprname::pg_catalog.text as name, l.typname::pg_catalog.text as "left",
            r.typname::pg_catalog.text as "right"${more}
       from (${storedExpressions(source.facts.major)}) e,
            pg_catalog.regexp_matches(e.tree, ':opno (\\d+)', 'g') m (ids)
       join pg_catalog.pg_operator o on o.oid = m.ids[1]::pg_catalog.oid
       left join pg_catalog.pg_type l on l.oid = o.oprleft
       left join pg_catalog.pg_type r on r.oid = o.oprright
      where o.oid < 16384 and coalesce(l.typtype, 'b') <> 'p' and coalesce(r.typtype, 'b') <> 'p'
      order by ${more === '' ? '1, 2, 3' : '4, 5'}`,
  )
}

/** The operator applied to nulls of its types; what the target says to it is the truth. */
function operatorCall({ name, left, right }: Operator): string {
  const argument = (type: string | null) =>
    type === null ? '' : ` null::pg_catalog."${type.replaceAll('"', '""')}"`
  return `select${argument(left)} operator(pg_catalog.${name})${argument(right)}`
}

async function missingOperators(session: Session, uses: readonly Operator[]): Promise<Set<string>> {
  const missing = new Set<string>()
  for (const call of new Set(uses.map(operatorCall))) {
    const error = await tryStatement(session, call)
    if (error === undefined) continue
    // 42883 undefined function, 42601 syntax error, 42704 undefined type, 0A000 postfix operators
    const state = error instanceof QueryError ? error.sqlState : undefined
    if (state === undefined || !['42883', '42601', '42704', '0A000'].includes(state)) {
      throw error
    }
    missing.add(call)
  }
  return missing
}

export const removedTypeChecks: readonly DatabaseCheck[] = [
  removedType,
  removedFunction,
  removedOperator,
]
