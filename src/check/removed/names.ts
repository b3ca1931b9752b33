/** Functions of users whose bodies name what is gone from the system's catalogs. A dump carries bodies unread. */
import type { Session } from '../../server/index.js'
import { identity, isUsers, routineKind } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'
import { calledFunctions, castTypes, namedWords } from '../definitions/function-body.js'

/** What pg_catalog holds, as names. */
interface SystemNames {
  readonly functions: readonly string[]
  readonly types: readonly string[]
  /** `pg_class`, and `pg_class.relname` for its column. */
  readonly relations: readonly string[]
}

type Kind = keyof SystemNames
const kinds: readonly Kind[] = ['functions', 'types', 'relations']

const ofSystem = `'pg_catalog'::pg_catalog.regnamespace`

async function readSystemNames(session: Session): Promise<SystemNames> {
  const [names] = await session.query<SystemNames>(
    `select array(select distinct f.proname::pg_catalog.text from pg_catalog.pg_proc f
                   where f.pronamespace = ${ofSystem} and f.oid < 16384) as functions,
            array(select t.typname::pg_catalog.text from pg_catalog.pg_type t
                   where t.typnamespace = ${ofSystem} and t.typrelid = 0 and t.typelem = 0) as types,
            array(select c.relname::pg_catalog.text from pg_catalog.pg_class c
                   where c.relnamespace = ${ofSystem} and c.relkind in ('r', 'v') and c.oid < 16384
                  union all
                  select c.relname || '.' || a.attname
                    from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid
                   where c.relnamespace = ${ofSystem} and c.relkind in ('r', 'v') and c.oid < 16384
                     and a.attnum > 0) as relations`,
  )
  return names ?? { functions: [], types: [], relations: [] }
}

/** The source's names that the target does not have. */
async function readGone(context: DatabaseContext): Promise<SystemNames> {
  const before = await readSystemNames(context.sourceSession)
  const after = await readSystemNames(context.targetSession)
  const gone = (kind: Kind): string[] => {
    const there = new Set(after[kind])
    const missing = before[kind].filter((name) => !there.has(name))
    // The columns of what is gone as a whole say nothing more.
    const whole = new Set(missing.filter((name) => !name.includes('.')))
    return missing.filter((name) => !whole.has(name.replace(/\..*/, '')) || whole.has(name))
  }
  return { functions: gone('functions'), types: gone('types'), relations: gone('relations') }
}

interface Body {
  readonly kind: string
  readonly object: string
  readonly text: string
}

/** Bodies that a dump carries as a text, and that hold one of the words. */
function readBodies(
  { source, sourceSession }: DatabaseContext,
  words: readonly string[],
): Promise<Body[]> {
  const { major } = source.facts
  return sourceSession.query<Body>(
    `select ${routineKind(major, 'f')} as kind, ${identity('pg_proc', 'f.oid')} as object, f.prosrc as text
       from pg_catalog.pg_proc f join pg_catalog.pg_language l on l.oid = f.prolang
      where l.lanname in ('sql', 'plpgsql') and ${isUsers('pg_proc', 'f')}
        ${major >= 14 ? 'and f.prosqlbody is null' : ''}
        and f.prosrc ~* $1 order by 2`,
    [`\\m(?:${words.join('|')})\\M`],
  )
}

/** Those of the names that users have given to functions of their own. */
async function readOwnFunctions(
  { sourceSession }: DatabaseContext,
  functions: readonly string[],
): Promise<Set<string>> {
  const rows = await sourceSession.query<{ name: string }>(
    `select distinct f.proname::pg_catalog.text as name from pg_catalog.pg_proc f
      where f.pronamespace <> ${ofSystem} and f.proname = any($1::pg_catalog.name[])`,
    [functions],
  )
  return new Set(rows.map(({ name }) => name))
}

/** What a body names of that. A function is called, a type is cast to; a column counts where its table is named too. */
function goneNames(body: string, gone: SystemNames, ownFunctions: ReadonlySet<string>): string[] {
  const called = new Set(calledFunctions(body))
  const cast = new Set(castTypes(body))
  const words = new Set(namedWords(body))
  const isNamed = (relation: string): boolean =>
    relation.split('.').every((part) => words.has(part))
  return [
    ...gone.functions.filter(
      (name) => called.has(`pg_catalog.${name}`) || (called.has(name) && !ownFunctions.has(name)),
    ),
    ...gone.types.filter((name) => cast.has(name)),
    ...gone.relations.filter(isNamed),
  ].toSorted()
}

export const removedName: DatabaseCheck = {
  name: 'removed-name',
  scope: 'database',
  subject: 'whether the bodies of functions name what the target no longer has',
  worst: 'warning',
  async run(context) {
    const { sourceSession, target } = context
    const [hasFunction] = await sourceSession.query(
      `select from pg_catalog.pg_proc f where ${isUsers('pg_proc', 'f')} limit 1`,
    )
    if (hasFunction === undefined) return []
    const gone = await readGone(context)
    const words = kinds.flatMap((kind) => gone[kind].map((name) => name.split('.').at(-1) ?? name))
    if (words.length === 0) return []
    const bodies = await readBodies(context, words)
    const ownFunctions = await readOwnFunctions(context, gone.functions)
    return bodies.flatMap(({ kind, object, text }): Found[] => {
      const names = goneNames(text, gone, ownFunctions)
      if (names.length === 0) return []
      return [
        {
          severity: 'warning',
          object,
          message: `The body of the ${kind} ${object} names ${names.join(', ')}, which PostgreSQL ${target.facts.major} does not have. It is moved as it is, and fails there as soon as it uses that.`,
          remedy: `Write the ${kind} without it, on the source before the upgrade or on the target after it.`,
        },
      ]
    })
  },
}
