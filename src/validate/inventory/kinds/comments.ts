/** Comments and security labels, on whatever object. */
import { isMember } from '../../../server/index.js'
import { since, type Kind, type Versions } from '../kind.js'

const schemaClass = `'pg_catalog.pg_namespace'::pg_catalog.regclass`
const schemasOfSessions = `array(select n.oid from pg_catalog.pg_namespace n where n.nspname like 'pg\\_temp\\_%')`

/** Temporary objects, and what is a part of one as a column's default or a trigger, depend on a schema of a session. */
const isTemporary = `exists (
  select 1 from pg_catalog.pg_depend o
    left join pg_catalog.pg_depend whole on whole.classid = o.refclassid and whole.objid = o.refobjid
   where o.classid = d.classoid and o.objid = d.objoid
     and (o.refclassid = ${schemaClass} and o.refobjid = any (${schemasOfSessions})
          or whole.refclassid = ${schemaClass} and whole.refobjid = any (${schemasOfSessions})))`

/**
 * What says which object a row of pg_description or pg_seclabel is about. It looks at the catalogs as they are now,
 * whatever the snapshot: temporary objects of another session go with it, and a large object may have been unlinked.
 */
const identity = `cross join lateral (
         select 'large object'::pg_catalog.text as type, null::pg_catalog.text as schema,
                d.objoid::pg_catalog.text as identity
          where d.classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass
          union all
         select o.type, o.schema, o.identity
           from pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) as o
          where d.classoid <> 'pg_catalog.pg_largeobject'::pg_catalog.regclass) as i`

/** What somebody made, who is neither initdb nor an extension. Large objects may have any number, and `public` is the users'. */
const isUsers = `(d.objoid >= 16384 or d.classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass
          or d.classoid = ${schemaClass}
             and d.objoid = (select p.oid from pg_catalog.pg_namespace p where p.nspname = 'public'))
        and not ${isMember('d.classoid', 'd.objoid')}`

const isSubscription = `d.classoid = 'pg_catalog.pg_subscription'::pg_catalog.regclass`

/**
 * A subscription that is dropped leaves its comment behind, and a copy of a database has the comments of the subscriptions
 * that stayed with the original. The name is for those who may not read a subscription's number, as before 14 not everybody may.
 */
const isOfSomething = (versions: Versions) => {
  const mayReadNumbers = versions.isSuperuser === true || versions.major >= 14
  const isMeant = mayReadNumbers
    ? 's.oid = d.objoid'
    : `s.subname in (select a.subname from pg_catalog.pg_stat_subscription a where a.subid = d.objoid)`
  return `(not (${isSubscription})
          or exists (select 1 from pg_catalog.pg_subscription s
                       join pg_catalog.pg_database o on o.oid = s.subdbid
                      where ${isMeant} and o.datname = pg_catalog.current_database()))`
}

/** The rows of a catalog that may be asked for their object; `offset 0` keeps the others, initdb's thousands, from being asked. */
const described = (catalog: string, versions: Versions) =>
  `(select d.* from pg_catalog.${catalog} d
         where ${isOfSomething(versions)} and ${isUsers} and not ${isTemporary} offset 0) d`

const isOutsideTheSystem = `(i.schema is null or i.schema not like 'pg\\_%')`

/** Only a superuser's dump has subscriptions, and what is said of them. */
const isOfCarriedSubscription = `(not (${isSubscription}) or pg_catalog.current_setting('is_superuser') = 'on')`

/**
 * What comes with another object is not written by a dump, and neither is its comment: row types, arrays, a range's functions,
 * multirange and cast, a view's rule, the constraint of a constraint trigger; what a partition or a child has because its parent
 * has it: inherited checks, parts of a foreign key (11), parts of a trigger (they name their parent since 13, and are internal
 * before); and invalid indexes. Of these only indexes and the row types of sequences (gone in 14) are not on the target.
 */
const isCarried = (versions: Versions) =>
  `not (d.classoid = any (array['pg_catalog.pg_type', 'pg_catalog.pg_proc', 'pg_catalog.pg_cast',
                              'pg_catalog.pg_rewrite']::pg_catalog.regclass[])
              and exists (select 1 from pg_catalog.pg_depend implied
                           where implied.classid = d.classoid and implied.objid = d.objoid and implied.deptype = 'i')
            or d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and exists (
              select 1 from pg_catalog.pg_constraint k
               where k.oid = d.objoid
                 and (k.contype = 't'
                      or k.contype = 'c' and not k.conislocal
                      or k.contype = 'f' and ${since(versions, 11, 'k.conparentid <> 0', 'false')}))
            or d.classoid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and exists (
              select 1 from pg_catalog.pg_trigger t
               where t.oid = d.objoid and ${since(versions, 13, 't.tgparentid <> 0', 't.tgisinternal')})
            or d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and exists (
              select 1 from pg_catalog.pg_index x join pg_catalog.pg_class c on c.oid = x.indexrelid
               where x.indexrelid = d.objoid and not x.indisvalid and c.relkind <> 'I'))`

const typeOf = `case when i.type = 'procedure' then 'function' else i.type end`

/** Before 16 a transform was called `for … on language …`. */
const nameOf = `case when i.type = 'transform' then pg_catalog.regexp_replace(i.identity, ' on (language \\S+)$', ' \\1')
                     else i.identity end`

/** Comments. `public` has one from the start, which counts only when somebody has changed it. */
export const comments: Kind = {
  kind: 'comment',
  sql: (versions) =>
    `select ${typeOf} || ' ' || ${nameOf} as object,
            pg_catalog.jsonb_build_object('comment', d.description) as facts,
            ${isOfCarriedSubscription} and ${isCarried(versions)} as carried
       from ${described('pg_description', versions)}
       ${identity}
      where ${isOutsideTheSystem}
        and not (i.type = 'schema' and i.identity = 'public' and d.description = 'standard public schema')
        and i.type <> 'extension'`,
}

/**
 * Comments on extensions. An extension brings its own, which may change with its version: where nobody has changed
 * it on the source, the target may have the source's or its own. That somebody has removed it, no dump says.
 */
export const extensionComments: Kind = {
  kind: 'comment',
  sql: () =>
    `select 'extension ' || pg_catalog.quote_ident(e.extname) as object,
            pg_catalog.jsonb_build_object('comment', pg_catalog.jsonb_build_object(
              'text', pg_catalog.obj_description(e.oid, 'pg_extension'),
              'default', (select a.comment from pg_catalog.pg_available_extensions a
                           where a.name = e.extname))) as facts
       from pg_catalog.pg_extension e`,
  agree: (_fact, source, target) => {
    const before = source as ExtensionComment
    const after = target as ExtensionComment
    if (after.text === before.text) return true
    const isOwn = before.text === null || before.text === before.default
    return isOwn && after.text === after.default
  },
}

interface ExtensionComment {
  readonly text: string | null
  readonly default: string | null
}

export const securityLabels: Kind = {
  kind: 'security label',
  sql: (versions) =>
    `select ${typeOf} || ' ' || i.identity || ': ' || d.provider as object,
            pg_catalog.jsonb_build_object('label', d.label) as facts,
            ${isOfCarriedSubscription} as carried
       from ${described('pg_seclabel', versions)}
       ${identity}
      where ${isOutsideTheSystem}`,
}
