/**
 * Comments and privileges of what comes with another object: a table's row type, arrays, a range's constructors, multirange
 * (which has an owner as well) and cast, a view's rule, a constraint trigger's constraint, inherited checks and a partition's part of a trigger. It is made
 * with that object, and pg_dump says nothing of it (pg_dump.c, selectDumpableType and getFuncs).
 */
import {
  isMember,
  ownsMultiranges,
  quoteLiteral,
  type OwnedObject,
  type Session,
} from '../../server/index.js'
import { ownerStatement } from '../administrator/alter-owner.js'
import { readObjects } from '../administrator/owned-objects.js'
import { privilegeStatements, type RoleMap, type Statement } from '../administrator/privileges.js'

/** A server and its major. */
interface Side {
  readonly session: Session
  readonly major: number
}

/** True for a row that was made with another object. */
function isImplied(catalog: string, oid: string): string {
  return depends(catalog, oid, 'i')
}

function depends(catalog: string, oid: string, type: 'e' | 'i'): string {
  return `exists (select from pg_catalog.pg_depend p
                   where p.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass
                     and p.objid = ${oid} and p.deptype = '${type}')`
}

const isOfRows = `exists (select from pg_catalog.pg_class c
                           where c.oid = t.typrelid and c.relkind in ('r', 'p', 'v', 'm', 'f')
                             and c.relpersistence <> 't' and not ${depends('pg_class', 'c.oid', 'e')})`

/** Row types of tables and views whose privileges somebody has changed. Arrays have none of their own. */
async function readRowTypes(session: Session): Promise<OwnedObject[]> {
  return readObjects(session, [
    `select 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid, t.oid, t.typowner, t.typacl,
            'T'::pg_catalog."char", t.typnamespace
       from pg_catalog.pg_type t
      where t.oid >= 16384 and t.typacl is not null and ${isOfRows}`,
  ])
}

/**
 * Constructors of ranges and multiranges whose privileges somebody has changed, be it by default privileges. They belong to
 * the superuser that initdb made, whoever made the range.
 */
async function readConstructors(session: Session): Promise<OwnedObject[]> {
  return readObjects(session, [
    `select 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid, f.oid, f.proowner, f.proacl,
            'f'::pg_catalog."char", f.pronamespace
       from pg_catalog.pg_proc f
      where f.oid >= 16384 and f.proacl is not null and ${isImplied('pg_proc', 'f.oid')}
        and not ${depends('pg_proc', 'f.oid', 'e')}`,
  ])
}

/** What has privileges of its own, and neither an owner nor privileges in a dump. */
export async function readImpliedObjects(session: Session): Promise<OwnedObject[]> {
  return [...(await readConstructors(session)), ...(await readRowTypes(session))]
}

/**
 * Multiranges, where on both servers they have an owner and privileges of their own. The target's belong to whoever has made the
 * range: they stay his when that is given to its owner.
 */
export async function readMultiranges(source: Side, targetMajor: number): Promise<OwnedObject[]> {
  if (!ownsMultiranges(source.major) || !ownsMultiranges(targetMajor)) return []
  return readObjects(source.session, [
    `select 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid, t.oid, t.typowner, t.typacl,
            'T'::pg_catalog."char", t.typnamespace
       from pg_catalog.pg_range r
       join pg_catalog.pg_type t on t.oid = r.rngmultitypid
      where t.oid >= 16384 and not ${depends('pg_type', 'r.rngtypid', 'e')}`,
  ])
}

/** For a superuser: for anybody else owners and privileges are given with those of all objects. */
export async function impliedPrivileges(
  source: Side,
  targetMajor: number,
  roles: RoleMap,
): Promise<Statement[]> {
  const multiranges = await readMultiranges(source, targetMajor)
  const objects = [...multiranges, ...(await readImpliedObjects(source.session))]
  return [
    ...multiranges.map(ownerStatement),
    ...objects.flatMap((each) => privilegeStatements(each, roles)),
  ]
}

interface Commented {
  /** As `type identity`. */
  readonly object: string
  /** As COMMENT names it. */
  readonly place: string
  readonly comment: string
}

/**
 * Comments as COMMENT would say them. Parts of a foreign key are left out: their names hold numbers, which may be those of
 * others on the target. Triggers have parents since 13.
 */
async function readComments(session: Session, major: number): Promise<Commented[]> {
  const branches = [
    `select t.typnamespace from pg_catalog.pg_type t
      where d.classoid = 'pg_catalog.pg_type'::pg_catalog.regclass and t.oid = d.objoid
        and ${isImplied('pg_type', 't.oid')} and (t.typrelid = 0 or ${isOfRows})`,
    `select f.pronamespace from pg_catalog.pg_proc f
      where d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass and f.oid = d.objoid
        and ${isImplied('pg_proc', 'f.oid')}`,
    `select t.typnamespace from pg_catalog.pg_cast k join pg_catalog.pg_type t on t.oid = k.castsource
      where d.classoid = 'pg_catalog.pg_cast'::pg_catalog.regclass and k.oid = d.objoid
        and ${isImplied('pg_cast', 'k.oid')}`,
    `select c.relnamespace from pg_catalog.pg_rewrite r join pg_catalog.pg_class c on c.oid = r.ev_class
      where d.classoid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objoid
        and ${isImplied('pg_rewrite', 'r.oid')}`,
    `select k.connamespace from pg_catalog.pg_constraint k
      where d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and k.oid = d.objoid
        and (k.contype = 't' or k.contype = 'c' and not k.conislocal)`,
    ...(major >= 13
      ? [
          `select c.relnamespace from pg_catalog.pg_trigger t join pg_catalog.pg_class c on c.oid = t.tgrelid
            where d.classoid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and t.oid = d.objoid
              and t.tgparentid <> 0
              and (t.tgconstraint = 0
                   or exists (select from pg_catalog.pg_constraint k where k.oid = t.tgconstraint and k.contype = 't'))`,
        ]
      : []),
  ]
  return session.query<Commented>(
    `select i.type || ' ' || i.identity as object,
            pg_catalog.regexp_replace(i.type, '^table constraint$', 'constraint') || ' ' || i.identity as place,
            d.description as comment
       from (select d.classoid, d.objoid, d.description
               from pg_catalog.pg_description d
              cross join lateral (${branches.join('\nunion all\n')}) x (namespace)
               join pg_catalog.pg_namespace n on n.oid = x.namespace
              where d.objoid >= 16384 and d.objsubid = 0
                and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
                and not ${isMember('d.classoid', 'd.objoid')}
             offset 0) d
      cross join lateral pg_catalog.pg_identify_object(d.classoid, d.objoid, 0) i
      where i.identity is not null
      order by 1`,
  )
}

/** What the target lacks: a view's rule that the dump writes by itself has its comment already. */
export async function impliedComments(source: Side, target: Side): Promise<Statement[]> {
  const wanted = await readComments(source.session, source.major)
  if (wanted.length === 0) return []
  const present = new Map(
    (await readComments(target.session, target.major)).map(({ object, comment }) => [
      object,
      comment,
    ]),
  )
  return wanted
    .filter(({ object, comment }) => present.get(object) !== comment)
    .map(({ object, place, comment }) => ({
      sql: `comment on ${place} is ${quoteLiteral(comment)}`,
      what: `the comment on ${object}`,
      object,
    }))
}
