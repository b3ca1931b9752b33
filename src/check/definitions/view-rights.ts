/** Materialized views that nobody may fill on the target: the role that does it lacks a privilege, or only has it by what is not carried over. */
import { quoteIdentifier, roleNamer, type Session } from '../../server/index.js'
import { filledViews, identity } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'
import { foreseeOwners, type ForeseenOwners } from '../roles/foreseen-owners.js'

interface Use {
  readonly view: string
  readonly kind: 'relation' | 'function'
  /** What is read or called, as it can be written in a statement. */
  readonly object: string
  readonly isSystems: boolean
  /** Who reads or calls, and who is allowed to: oids on the source. */
  readonly role: string
  readonly grantees: readonly string[]
  readonly isSuperuser: boolean
  /** Whether the role is allowed to on the source. */
  readonly isAllowed: boolean
}

/**
 * Relations that are read for a view, and functions that are called: those of its indexes too, and of views inside it, all by
 * its owner. What everybody is allowed is left out. In a node tree, functions stand behind operators as well.
 */
function readUses(session: Session): Promise<Use[]> {
  const called = ':(?:funcid|opfuncid|aggfnoid|winfnoid) (\\d+)'
  return session.query<Use>(
    `${filledViews}, called (view, function) as (
       select u.view, m.ids[1]::pg_catalog.oid
         from used u
         join pg_catalog.pg_rewrite w on w.ev_class = u.relation and w.ev_type = '1'
        cross join lateral pg_catalog.regexp_matches(w.ev_action::text, '${called}', 'g') m (ids)
        where u.kind = 'v' or u.relation = u.view
       union
       select x.indrelid, m.ids[1]::pg_catalog.oid
         from pg_catalog.pg_index x
        cross join lateral pg_catalog.regexp_matches(
                coalesce(x.indexprs::text, '') || coalesce(x.indpred::text, ''), '${called}', 'g') m (ids)
        where x.indrelid in (select u.view from used u)
     ), uses (view, role, kind, oid, object, acl, allowed) as (
       select u.view, u.reader, 'relation', c.oid, ${identity('pg_class', 'c.oid')},
              coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))
                || array(select e.entry
                           from pg_catalog.pg_attribute a cross join lateral pg_catalog.unnest(a.attacl) e (entry)
                          where a.attrelid = c.oid and not a.attisdropped),
              pg_catalog.has_any_column_privilege(u.reader, c.oid, 'select')
         from used u join pg_catalog.pg_class c on c.oid = u.relation
        where u.relation <> u.view
       union
       select d.view, v.relowner, 'function', f.oid, ${identity('pg_proc', 'f.oid')}, f.proacl,
              pg_catalog.has_function_privilege(v.relowner, f.oid, 'execute')
         from called d
         join pg_catalog.pg_class v on v.oid = d.view
         join pg_catalog.pg_proc f on f.oid = d.function
        where f.proacl is not null
     )
     select ${identity('pg_class', 's.view')} as view, s.kind, s.object, s.oid < 16384 as "isSystems",
            r.oid::pg_catalog.text as role, g.oids as grantees, r.rolsuper as "isSuperuser", s.allowed as "isAllowed"
       from uses s
       join pg_catalog.pg_roles r on r.oid = s.role
      cross join lateral (
            select array(select distinct a.grantee::pg_catalog.text from pg_catalog.aclexplode(s.acl) a
                          where a.privilege_type in ('SELECT', 'EXECUTE'))) g (oids)
      where not g.oids && array['0', r.oid::pg_catalog.text]
      order by 1, 2, 3`,
  )
}

/** An administrator in whose hands the role's objects stay is asked nothing more than the source was. */
function willBeAllowed(
  { kind, isSuperuser, isAllowed }: Use,
  role: string,
  grantees: readonly string[],
  owners: ForeseenOwners,
): boolean {
  if (owners.ownerFor(role) !== role) return isAllowed
  if (owners.isSuperuser(role, isSuperuser)) return true
  const groups = owners.groupsOf(role)
  return (
    grantees.some((grantee) => groups.has(grantee)) ||
    (kind === 'relation' && groups.has('pg_read_all_data'))
  )
}

export const notReadable: DatabaseCheck = {
  name: 'view-not-readable',
  scope: 'database',
  subject: 'whether materialized views may be filled',
  worst: 'blocking',
  async run(context) {
    const uses = await readUses(context.sourceSession)
    if (uses.length === 0) return []
    const nameOf = await roleNamer(context.maintenanceSession)
    const owners = await foreseeOwners(context)
    const refused = uses.filter(
      (use) => !willBeAllowed(use, nameOf(use.role), use.grantees.map(nameOf), owners),
    )
    const groups = new Map<string, { first: Use; objects: string[] }>()
    for (const first of refused) {
      const { view, kind, role, isSystems, isAllowed, object } = first
      const key = JSON.stringify([view, kind, role, isSystems, isAllowed])
      const group = groups.get(key) ?? { first, objects: [] }
      groups.set(key, group)
      group.objects.push(object)
    }
    return [...groups.values()].map(({ first, objects }) =>
      describe(
        first,
        quoteIdentifier(nameOf(first.role)),
        objects.join(', '),
        context.target.facts.isSuperuser,
      ),
    )
  },
}

/** Privileges on what belongs to the system are a superuser's to give, also on the target. */
function describe(
  { view, kind, isSystems, isAllowed }: Use,
  role: string,
  objects: string,
  targetIsSuperuser: boolean,
): Found {
  const isRelation = kind === 'relation'
  const [does, may, grant] = isRelation
    ? ['reads', 'read', 'select on']
    : ['calls', 'call', 'execute on function']
  const lacks = isAllowed
    ? `may ${may} only on the source, as a superuser or by a membership that is not carried over`
    : `may not ${may} any more`
  return {
    severity: 'blocking',
    object: view,
    message: `The materialized view ${view} ${does} ${objects}, which the role ${role} ${lacks}. A restore fills it anew with the rights of that role, and would be refused.`,
    remedy:
      isSystems && !targetIsSuperuser
        ? `-- on the source, and create it again after the upgrade; or use a superuser in target-url\ndrop materialized view ${view};`
        : `-- on the source\ngrant ${grant} ${objects} to ${role};`,
  }
}
