/** Objects that only a superuser may create, where the target is used without one. */
import { identity, isUsers } from './catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from './check.js'
import { removalStatement } from './removal.js'

interface SuperuserObject {
  readonly kind: string
  readonly object: string
  /** True when tables are built of it, so that it cannot be left out. */
  readonly isNeeded: boolean
}

/** Catalogs whose every user-made row is for superusers. */
const wholeCatalogs: readonly (readonly [kind: string, catalog: string])[] = [
  ['access method', 'pg_am'],
  ['event trigger', 'pg_event_trigger'],
  ['foreign-data wrapper', 'pg_foreign_data_wrapper'],
  ['operator class', 'pg_opclass'],
  ['operator family', 'pg_opfamily'],
  ['text search parser', 'pg_ts_parser'],
  ['text search template', 'pg_ts_template'],
]

/** 12 brought support functions, 15 publications of whole schemas. Only a superuser's dump has subscriptions. */
async function readObjects(context: DatabaseContext): Promise<SuperuserObject[]> {
  const { source, sourceSession } = context
  const branches = [
    ...wholeCatalogs.map(
      ([kind, catalog]) =>
        `select '${kind}', ${identity(catalog, 'o.oid')}, false
           from pg_catalog.${catalog} o where ${isUsers(catalog, 'o')}`,
    ),
    `select 'base type', ${identity('pg_type', 't.oid')}, true from pg_catalog.pg_type t
      where t.typtype = 'b' and t.typelem = 0 and t.typisdefined and ${isUsers('pg_type', 't')}`,
    `select 'cast', ${identity('pg_cast', 'c.oid')}, false from pg_catalog.pg_cast c
      where ${isUsers('pg_cast', 'c')}
        and (c.castmethod = 'b'
             or not exists (select 1 from pg_catalog.pg_type t
                             where t.oid in (c.castsource, c.casttarget) and ${isUsers('pg_type', 't')}))`,
    `select 'function in ' || l.lanname, ${identity('pg_proc', 'f.oid')}, false
       from pg_catalog.pg_proc f join pg_catalog.pg_language l on l.oid = f.prolang
      where not l.lanpltrusted and ${isUsers('pg_proc', 'f')}
        and not exists (select 1 from pg_catalog.pg_aggregate a where a.aggfnoid = f.oid)`,
    `select 'leakproof function', ${identity('pg_proc', 'f.oid')}, false
       from pg_catalog.pg_proc f where f.proleakproof and ${isUsers('pg_proc', 'f')}`,
    `select 'aggregate with the state type internal', ${identity('pg_proc', 'f.oid')}, false
       from pg_catalog.pg_proc f join pg_catalog.pg_aggregate a on a.aggfnoid = f.oid
      where 'pg_catalog.internal'::pg_catalog.regtype in (a.aggtranstype, a.aggmtranstype)
        and ${isUsers('pg_proc', 'f')}`,
    `select 'language', ${identity('pg_language', 'l.oid')}, false
       from pg_catalog.pg_language l where ${isUsers('pg_language', 'l')}`,
    ...(source.facts.major >= 12
      ? [
          `select 'function with a support function', ${identity('pg_proc', 'f.oid')}, false
             from pg_catalog.pg_proc f where f.prosupport <> 0 and ${isUsers('pg_proc', 'f')}`,
        ]
      : []),
    ...(source.facts.isSuperuser && !(await createsSubscriptions(context))
      ? [
          `select 'subscription', pg_catalog.quote_ident(s.subname), false
             from pg_catalog.pg_subscription s join pg_catalog.pg_database d on d.oid = s.subdbid
            where d.datname = pg_catalog.current_database()`,
        ]
      : []),
    `select 'publication', ${identity('pg_publication', 'p.oid')}, false
       from pg_catalog.pg_publication p where p.puballtables`,
    ...(source.facts.major >= 15
      ? [
          `select 'publication', ${identity('pg_publication', 's.pnpubid')}, false
             from pg_catalog.pg_publication_namespace s`,
        ]
      : []),
  ]
  return sourceSession.query<SuperuserObject>(
    `select o.kind, o.object, o.needed as "isNeeded"
       from (${branches.join('\nunion all\n')}) o (kind, object, needed)
      -- Functions last: what is built on them has to be dropped before.
      group by 1, 2, 3 order by o.kind like '%function%', 1, 2`,
  )
}

/** 16 brought a role whose members may create subscriptions. */
async function createsSubscriptions({ target, targetSession }: DatabaseContext): Promise<boolean> {
  if (target.facts.major < 16) return false
  const [row] = await targetSession.query<{ may: boolean }>(
    `select pg_catalog.pg_has_role('pg_create_subscription', 'usage') as may`,
  )
  return row?.may === true
}

export const needsSuperuser: DatabaseCheck = {
  name: 'needs-superuser',
  scope: 'database',
  subject: 'objects that only a superuser may create',
  worst: 'blocking',
  async run(context) {
    if (context.target.facts.isSuperuser) return []
    const objects = await readObjects(context)
    return objects.map(describe)
  },
}

/** Functions and aggregates are told by what makes them special, `function in c` say. */
function remedyFor(kind: string, object: string): string {
  const word = /^(?:aggregate|function)\b|function$/.exec(kind)?.[0] ?? kind
  const statement = removalStatement(word, object)
  return statement === undefined
    ? 'Use a superuser in "target-url", where there is one.'
    : `-- use a superuser in "target-url" where there is one; or on the source, if nothing needs it\n${statement}`
}

function describe({ kind, object, isNeeded }: SuperuserObject): Found {
  const start = `The ${kind} ${object} is for superusers to create, and the role of target-url is none`
  const end = isNeeded
    ? 'columns may depend on it, so it cannot be left out'
    : 'unless the provider lets it pass, it is left out and has to be created by other means'
  return {
    severity: isNeeded ? 'blocking' : 'warning',
    object,
    message: `${start}: ${end}.`,
    remedy: remedyFor(kind, object),
  }
}
