/** Objects that only a superuser may create, where the target is used without one. */
import { readSubscriptionDemands } from '../../server/index.js'
import { isUsers } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'
import {
  namedDependents,
  readDependents,
  type Dependent,
  type ObjectAddress,
} from '../definitions/dependents.js'
import { removalStatement } from '../definitions/removal-statements.js'

interface SuperuserObject extends ObjectAddress {
  readonly kind: string
  readonly object: string
}

/** Never left out: `refusals.ts` of the transfer does not know it. */
const baseType = 'base type'

/** Catalogs whose every user-made row is for superusers. */
const wholeCatalogs: readonly (readonly [kind: string, catalog: string])[] = [
  ['access method', 'pg_am'],
  ['event trigger', 'pg_event_trigger'],
  ['foreign-data wrapper', 'pg_foreign_data_wrapper'],
  ['operator class', 'pg_opclass'],
  ['operator family', 'pg_opfamily'],
  ['text search parser', 'pg_ts_parser'],
  ['text search template', 'pg_ts_template'],
  ['transform', 'pg_transform'],
]

/** 12 brought support functions, 15 publications of whole schemas. Only a superuser's dump has subscriptions. */
async function readObjects(context: DatabaseContext): Promise<SuperuserObject[]> {
  const { source, sourceSession } = context
  const branches = [
    ...wholeCatalogs.map(
      ([kind, catalog]) =>
        `select '${kind}', '${catalog}', o.oid from pg_catalog.${catalog} o where ${isUsers(catalog, 'o')}`,
    ),
    `select '${baseType}', 'pg_type', t.oid from pg_catalog.pg_type t
      where t.typtype = 'b' and t.typelem = 0 and t.typisdefined and ${isUsers('pg_type', 't')}`,
    `select 'shell type', 'pg_type', t.oid from pg_catalog.pg_type t
      where not t.typisdefined and ${isUsers('pg_type', 't')}`,
    `select 'cast', 'pg_cast', c.oid from pg_catalog.pg_cast c
      where ${isUsers('pg_cast', 'c')}
        and (c.castmethod = 'b'
             or not exists (select 1 from pg_catalog.pg_type t
                             where t.oid in (c.castsource, c.casttarget) and ${isUsers('pg_type', 't')}))`,
    // The constructors of a range type come with the type.
    `select 'function in ' || l.lanname, 'pg_proc', f.oid
       from pg_catalog.pg_proc f join pg_catalog.pg_language l on l.oid = f.prolang
      where not l.lanpltrusted and ${isUsers('pg_proc', 'f')}
        and not exists (select 1 from pg_catalog.pg_aggregate a where a.aggfnoid = f.oid)
        and not exists (select 1 from pg_catalog.pg_depend d
                         where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                           and d.objid = f.oid and d.deptype = 'i')`,
    `select 'leakproof function', 'pg_proc', f.oid
       from pg_catalog.pg_proc f where f.proleakproof and ${isUsers('pg_proc', 'f')}`,
    `select 'function with a transform', 'pg_proc', f.oid
       from pg_catalog.pg_proc f join pg_catalog.pg_transform x on x.trflang = f.prolang and x.trftype = any (f.protrftypes)
      where ${isUsers('pg_transform', 'x')} and ${isUsers('pg_proc', 'f')}`,
    `select 'aggregate with the state type internal', 'pg_proc', f.oid
       from pg_catalog.pg_proc f join pg_catalog.pg_aggregate a on a.aggfnoid = f.oid
      where 'pg_catalog.internal'::pg_catalog.regtype in (a.aggtranstype, a.aggmtranstype)
        and ${isUsers('pg_proc', 'f')}`,
    `select 'language', 'pg_language', l.oid
       from pg_catalog.pg_language l where ${isUsers('pg_language', 'l')}`,
    ...(source.facts.major >= 12
      ? [
          `select 'function with a support function', 'pg_proc', f.oid
             from pg_catalog.pg_proc f where f.prosupport <> 0 and ${isUsers('pg_proc', 'f')}`,
        ]
      : []),
    ...(await readRefusedSubscriptions(context)).map(
      ({ kind, oid }) => `select '${kind}', 'pg_subscription', ${oid}::pg_catalog.oid`,
    ),
    ...superusersPublications(source.facts.major),
  ]
  return sourceSession.query<SuperuserObject>(
    `select o.kind, o.catalog::pg_catalog.oid::pg_catalog.text as catalog,
            o.oid::pg_catalog.text as oid, i.identity as object
       from (select b.kind, ('pg_catalog.' || b.catalog)::pg_catalog.regclass, b.oid
               from (${branches.join('\nunion all\n')}) b (kind, catalog, oid)) o (kind, catalog, oid)
      cross join lateral pg_catalog.pg_identify_object(o.catalog, o.oid, 0) i
      -- Functions last: what is built on them has to be dropped before.
      group by 1, 2, 3, 4 order by o.kind like '%function%', 1, 4`,
  )
}

/** Queries that return the kind, the catalog and the oid of publications that only a superuser may create. */
export function superusersPublications(major: number): string[] {
  return [
    `select 'publication', 'pg_publication', p.oid
       from pg_catalog.pg_publication p where p.puballtables`,
    ...(major >= 15
      ? [
          `select 'list of schemas of the publication', 'pg_publication', s.pnpubid
             from pg_catalog.pg_publication_namespace s`,
        ]
      : []),
  ]
}

export interface RefusedSubscription {
  readonly kind: string
  readonly oid: string
  readonly name: string
}

/** Subscriptions that the role of the target may not create; 16 brought a role whose members may, but not every one. */
export async function readRefusedSubscriptions({
  source,
  sourceSession,
  target,
  targetSession,
}: DatabaseContext): Promise<RefusedSubscription[]> {
  if (target.facts.isSuperuser || !source.facts.isSuperuser) return []
  const [row] = await targetSession.query<{ may: boolean }>(
    `select coalesce(pg_catalog.bool_or(pg_catalog.pg_has_role(oid, 'usage')), false) as may
       from pg_catalog.pg_roles where rolname = 'pg_create_subscription'`,
  )
  return (await readSubscriptionDemands(sourceSession)).flatMap((subscription) => {
    const { oid, name, hasPassword, requiresPassword } = subscription
    if (row?.may !== true) return [{ kind: 'subscription', oid, name }]
    if (!requiresPassword) {
      return [{ kind: 'subscription with password_required = false', oid, name }]
    }
    return hasPassword ? [] : [{ kind: 'subscription without a password', oid, name }]
  })
}

export const needsSuperuser: DatabaseCheck = {
  name: 'needs-superuser',
  scope: 'database',
  subject: 'objects that only a superuser may create',
  worst: 'blocking',
  async run(context) {
    if (context.target.facts.isSuperuser) return []
    const objects = await readObjects(context)
    const dependents = await readDependents(context.sourceSession, objects)
    return objects.map((object, index) => describe(object, dependents[index] ?? []))
  },
}

const leftOut =
  'unless the provider lets it pass, it is left out and has to be created by other means'

function describe({ kind, object }: SuperuserObject, dependents: readonly Dependent[]): Found {
  const start = `The ${kind} ${object} is for superusers to create, and the role of target-url is none`
  const isNeeded = kind === baseType || dependents.length > 0
  return {
    severity: isNeeded ? 'blocking' : 'warning',
    object,
    message: `${start}: ${isNeeded ? whatNeeds(dependents) : leftOut}.`,
    remedy: dependents.length > 0 ? remedyOfDependents(dependents) : remedyFor(kind, object),
  }
}

function whatNeeds(dependents: readonly Dependent[]): string {
  if (dependents.length === 0) return 'columns may depend on it, so it cannot be left out'
  return `it cannot be left out, because it is needed by ${namedDependents(dependents)}`
}

/** Without what needs it, the object can be left out. */
function remedyOfDependents(dependents: readonly Dependent[]): string {
  const statements = dependents.map(({ type, identity }) => removalOfDependent(type, identity))
  return statements.includes(undefined)
    ? 'Use a superuser in "target-url" where there is one, or drop on the source what needs the object.'
    : `-- use a superuser in "target-url" where there is one; or on the source, without what needs it\n${statements.join('\n')}`
}

function removalOfDependent(type: string, identity: string): string | undefined {
  if (type === 'table constraint') return removalStatement('check constraint', identity)
  if (type === 'default value') return removalStatement('default', identity.replace(/^for /, ''))
  return removalStatement(type, identity)
}

/** Functions and aggregates are told by what makes them special, `function in c` say. */
function remedyFor(kind: string, object: string): string {
  const word = /^(?:aggregate|function)\b|(?:function|publication)$/.exec(kind)?.[0] ?? kind
  const statement = removalStatement(word, object)
  return statement === undefined
    ? 'Use a superuser in "target-url", where there is one.'
    : `-- use a superuser in "target-url" where there is one; or on the source, if nothing needs it\n${statement}`
}
