/** Materialized views that a restore fills under row-level security, or under another one than the source did. */
import { quoteIdentifier, roleNamer, type Session } from '../../server/index.js'
import { filledViews, identity } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'
import { foreseeOwners } from '../roles/foreseen-owners.js'

interface GuardedReading {
  readonly view: string
  readonly relation: string
  /** Who reads, and who owns what is read: oids on the source. */
  readonly reader: string
  readonly owner: string
  readonly isForced: boolean
  /** Whether the reader counts as the owner without being a superuser. */
  readonly isOwners: boolean
  readonly isExempt: boolean
  readonly isSuperuser: boolean
}

function readGuarded(session: Session): Promise<GuardedReading[]> {
  return session.query<GuardedReading>(
    `${filledViews}
     select distinct ${identity('pg_class', 'u.view')} as view, ${identity('pg_class', 'c.oid')} as relation,
            r.oid::pg_catalog.text as reader, c.relowner::pg_catalog.text as owner,
            c.relforcerowsecurity as "isForced",
            r.oid = c.relowner or (not r.rolsuper and pg_catalog.pg_has_role(r.oid, c.relowner, 'usage')) as "isOwners",
            r.rolbypassrls as "isExempt", r.rolsuper as "isSuperuser"
       from used u
       join pg_catalog.pg_class c on c.oid = u.relation
       join pg_catalog.pg_roles r on r.oid = u.reader
      where u.relation <> u.view and c.relkind in ('r', 'p') and c.relrowsecurity
      order by 1, 2`,
  )
}

/** Policies apply to whoever neither owns the table nor is exempt, and with FORCE to the owner too (check_enable_rls). */
function areApplied(isExempt: boolean, isOwners: boolean, isForced: boolean): boolean {
  return !isExempt && (isForced || !isOwners)
}

export const rowSecurity: DatabaseCheck = {
  name: 'view-row-security',
  scope: 'database',
  subject: 'materialized views that are filled under row-level security',
  worst: 'warning',
  async run(context) {
    const readings = await readGuarded(context.sourceSession)
    if (readings.length === 0) return []
    const nameOf = await roleNamer(context.maintenanceSession)
    const owners = await foreseeOwners(context)
    const told = readings.flatMap((reading) => {
      const [reader, owner] = [nameOf(reading.reader), nameOf(reading.owner)]
      const { isForced, isOwners, isExempt, isSuperuser } = reading
      const filler = owners.ownerFor(reader)
      const tableOwner = owners.ownerFor(owner)
      const isOwnersThere =
        filler === tableOwner ||
        filler === context.target.facts.user ||
        (tableOwner === owner && isOwners)
      const before = areApplied(isExempt || isSuperuser, isOwners, isForced)
      const after = areApplied(
        owners.isExempt(filler, isExempt || isSuperuser),
        isOwnersThere,
        isForced,
      )
      return before || after ? [{ ...reading, reader, filler, before, after }] : []
    })
    const groups = new Map<string, { first: Guarded; relations: Set<string> }>()
    for (const first of told) {
      const { view, reader, before, after, relation } = first
      const key = JSON.stringify([view, reader, before, after])
      const group = groups.get(key) ?? { first, relations: new Set() }
      groups.set(key, group)
      group.relations.add(relation)
    }
    return [...groups.values()].map(({ first, relations }) =>
      describe(first, [...relations].join(', ')),
    )
  },
}

interface Guarded extends GuardedReading {
  readonly reader: string
  /** Who reads on the target. */
  readonly filler: string
  /** Whether policies applied on the source, and will on the target. */
  readonly before: boolean
  readonly after: boolean
}

function describe({ view, reader, filler, before, after }: Guarded, relations: string): Found {
  const who =
    filler === reader
      ? `the role ${quoteIdentifier(reader)}`
      : `the role ${quoteIdentifier(filler)}, which does it on the target in the place of ${quoteIdentifier(reader)}`
  const warning = { severity: 'warning', object: view, remedyInDatabase: false } as const
  const refresh = `refresh materialized view ${view};`
  const whenMoved = '-- on the target, in the database, once it has been moved'
  const givenBack = `${whenMoved}, when ${quoteIdentifier(reader)} is there and has got back what it owned\n${refresh}`
  if (!after) {
    return {
      ...warning,
      message: `The materialized view ${view} reads ${relations}, where row-level security applies to the role ${quoteIdentifier(reader)} on the source, and not ${filler === reader ? 'on the target' : `to ${who}`}. It is filled anew with every row, also with those that policies have hidden.`,
      remedy: givenBack,
    }
  }
  const reads = `The materialized view ${view} reads ${relations}, where row-level security applies to ${who}.`
  return before
    ? {
        ...warning,
        message: `${reads} It is filled anew with what the policies show to a session that has set nothing, which may not be what it holds on the source.`,
        remedy: `${whenMoved}, in a session with the settings that the policies read\n${refresh}`,
      }
    : {
        ...warning,
        message: `${reads} On the source none applied, so that rows may be missing from it.`,
        remedy:
          filler === reader
            ? `${whenMoved}, as a role that may give BYPASSRLS\nalter role ${quoteIdentifier(filler)} bypassrls;\n${refresh}`
            : givenBack,
      }
}
