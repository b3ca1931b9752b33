/** What a fitted restore has left out on purpose and told in findings, so that validation does not tell it again. */
import type { Difference } from '../../report/report.js'
import { routineIdentity, type Session } from '../../server/index.js'
import type { DroppedEntry } from '../tools/restore-list.js'
import { readUserMappings } from './user-mappings.js'

export interface LeftOut {
  /** Owns what could not be given to its owner. */
  readonly administrator: string
  readonly replacedOwners: ReadonlySet<string>
  /** Objects that the administrator has in the place of such an owner, and so may do with all that was granted to it on the source. */
  readonly ownedInstead: ReadonlySet<string>
  /** Objects that were not restored, as `type identity`. */
  readonly objects: ReadonlySet<string>
  /** Objects whose owner, privileges or comment the target did not accept, and default privileges. */
  readonly refused: ReadonlySet<string>
}

/** What validation calls the kinds that pg_identify_object names otherwise. */
const validationWords: Readonly<Record<string, string>> = {
  procedure: 'function',
  'foreign-data wrapper': 'foreign data wrapper',
  server: 'foreign server',
  'statistics object': 'extended statistics',
}

/**
 * The form in which objects are compared: validation has words of its own for some kinds, writes keywords small, and
 * leaves the schema of the system's own types away.
 */
export function objectKey(text: string): string {
  return (
    text
      .toLowerCase()
      .replace(
        /^(?:procedure|foreign-data wrapper|server|statistics object)(?= )/,
        (word) => validationWords[word] ?? word,
      )
      // Before 16 pg_identify_object wrote `on language`.
      .replace(/^(transform .*) on (?=language )/s, '$1 ')
      .replaceAll('pg_catalog.', '')
  )
}

/**
 * The objects behind entries that were not restored. Validation calls functions by the names of their arguments,
 * policies by their table. User mappings have no row in an archive; other entries without one are not objects.
 */
export async function readDroppedObjects(
  source: Session,
  dropped: readonly DroppedEntry[],
): Promise<Set<string>> {
  const rows = dropped.filter(({ entry }) => entry.catalog !== '0' && entry.oid !== '0')
  const objects = await source.query<{ type: string; identity: string; called: string | null }>(
    `select i.type, i.identity,
            coalesce(
              (select ${routineIdentity}
                 from pg_catalog.pg_proc p
                 join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                where d.catalog = 'pg_catalog.pg_proc'::pg_catalog.regclass and p.oid = d.oid),
              (select pg_catalog.format('%I.%I: %I', n.nspname, c.relname, p.polname)
                 from pg_catalog.pg_policy p
                 join pg_catalog.pg_class c on c.oid = p.polrelid
                 join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where d.catalog = 'pg_catalog.pg_policy'::pg_catalog.regclass and p.oid = d.oid)) as called
       from rows from (pg_catalog.unnest($1::pg_catalog.oid[]), pg_catalog.unnest($2::pg_catalog.oid[])) d (catalog, oid)
      cross join lateral pg_catalog.pg_identify_object(d.catalog, d.oid, 0) i
      where i.identity is not null`,
    [rows.map(({ entry }) => entry.catalog), rows.map(({ entry }) => entry.oid)],
  )
  const texts = new Set(dropped.map(({ entry }) => entry.text))
  const mappings = (await readUserMappings(source)).filter(({ text }) => texts.has(text))
  return new Set([
    ...objects.flatMap(({ type, identity, called }) =>
      [identity, called].flatMap((name) => (name === null ? [] : [objectKey(`${type} ${name}`)])),
    ),
    ...mappings.map(({ object }) => objectKey(object)),
  ])
}

/** Kinds of differences whose object is itself written as `type identity`. */
const aboutObjects = /^(?:comment|security label|(?:column )?privilege)/
const defaultPrivilege = 'default privilege'

/** True for a difference that a finding has told already. Anything else about the same object still counts. */
export function expectsDifference(leftOut: LeftOut): (difference: Difference) => boolean {
  const { objects, refused } = leftOut
  return ({ kind, object, source, target }) => {
    const isAbout = aboutObjects.test(kind)
    const key = objectKey(isAbout ? object : `${kind} ${object}`)
    if (target === null && objects.has(isAbout ? key.replace(/: [^:]*$/, '') : key)) return true
    const rest = withoutReplacedOwner({ source, target }, leftOut)
    if (rest === undefined) return true
    if (kind === 'privilege' && isOfOwner(object, rest, leftOut)) return true
    if (kind === 'column privilege') {
      const facts = withoutJoinedOwner(rest, leftOut)
      if (facts !== undefined && isOfOwner(relationOf(object), facts, leftOut)) return true
    }
    if (kind === 'publication' && lacksSchemasAlone(object, rest, objects)) return true
    return refused.has(key) && (isAbout || kind === defaultPrivilege || isOwnerAlone(source))
  }
}

type Facts = Pick<Difference, 'source' | 'target'>

/** What is left of a difference when the owner is told to be the administrator; undefined where that was all of it. */
function withoutReplacedOwner(
  { source, target }: Facts,
  { administrator, replacedOwners }: LeftOut,
): Facts | undefined {
  for (const role of replacedOwners) {
    const [before, after] = [`owner: ${role}`, `owner: ${administrator}`]
    if (source === before && target === after) return undefined
    if (source?.startsWith(`${before}; `) === true && target?.startsWith(`${after}; `) === true) {
      return { source: source.slice(before.length + 2), target: target.slice(after.length + 2) }
    }
  }
  return { source, target }
}

/** What the source had granted to the administrator alone is the owner's on the target. */
function isOfOwner(
  object: string,
  { source, target }: Facts,
  { administrator, ownedInstead }: LeftOut,
): boolean {
  const granted = source?.startsWith(`${administrator}: `) === true && !source.includes('; ')
  return granted && target === `${administrator}: none` && ownedInstead.has(objectKey(object))
}

/** `table public.t`, of `table column public.t.a`. */
function relationOf(column: string): string {
  return column.replace(/^([a-z ]+) column (.*)\.(?:"(?:[^"]|"")*"|[^."]+)$/s, '$1 $2')
}

/**
 * The owner of a relation has nothing of itself on a column: what was granted to it is an entry of its own, and on the
 * target the owner has both what the source's owner and what the administrator had. Undefined where it has not.
 */
function withoutJoinedOwner(
  { source, target }: Facts,
  { administrator }: LeftOut,
): Facts | undefined {
  const entries = (facts: string | null) =>
    new Map(
      (facts ?? '').split('; ').map((entry) => {
        const end = entry.lastIndexOf(': ')
        const words = entry.slice(end + 2).split(', ')
        return [entry.slice(0, end), words.filter((word) => word !== 'none')]
      }),
    )
  const [before, after] = [entries(source), entries(target)]
  const joined = [...(before.get('(owner)') ?? []), ...(before.get(administrator) ?? [])]
  if (String([...new Set(joined)].sort()) !== String([...(after.get('(owner)') ?? [])].sort())) {
    return undefined
  }
  const withoutOwner = (facts: string | null) =>
    facts
      ?.split('; ')
      .filter((entry) => !entry.startsWith('(owner): '))
      .join('; ') ?? null
  return { source: withoutOwner(source), target: withoutOwner(target) }
}

/** A publication whose schemas were left out is there, and publishes nothing of them. pg_identify_object quotes neither name. */
function lacksSchemasAlone(
  publication: string,
  { source, target }: Facts,
  objects: ReadonlySet<string>,
): boolean {
  const schemas = /^schemas: (\[.*\])$/s.exec(source ?? '')?.[1]
  if (schemas === undefined || target !== 'schemas: none') return false
  const name = publication.startsWith('"')
    ? publication.slice(1, -1).replaceAll('""', '"')
    : publication
  return (JSON.parse(schemas) as string[]).every((schema) =>
    objects.has(objectKey(`publication namespace ${schema} in publication ${name}`)),
  )
}

function isOwnerAlone(facts: string | null): boolean {
  return facts?.startsWith('owner: ') === true && !facts.includes('; ')
}
