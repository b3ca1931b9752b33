/** What users made in the schemas of the system, or changed there: pg_dump leaves those schemas out without a word. */
import { isProviderRole } from '../../roles/index.js'
import { ownerCatalogs, type Session } from '../../server/index.js'
import { isUsers } from '../catalog.js'
import type { Check, DatabaseCheck, Found } from '../check.js'
import { findFamilyMembers } from '../extensions/family-members.js'

interface SystemObject {
  /** As pg_identify_object says. */
  readonly type: string
  readonly identity: string
  readonly owner: string
}

/** Sequences of columns go with their table, and an operator without a function is only a name. */
const standsAlone: Readonly<Record<string, string>> = {
  pg_class: `not exists (select 1 from pg_catalog.pg_depend o
                          where o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and o.objid = x.oid
                            and o.deptype in ('a', 'i') and o.refobjsubid > 0)`,
  pg_operator: 'x.oprcode <> 0',
}

/** The objects of either schema that fulfil the condition on their row `x`. */
function objectsSql(condition: (catalog: string) => string): string {
  const branches = ownerCatalogs.flatMap(({ name, schema, owner, only = 'true' }) =>
    schema === undefined
      ? []
      : [
          `select 'pg_catalog.${name}'::pg_catalog.regclass::pg_catalog.oid, x.oid, x.${owner}
             from pg_catalog.${name} x join pg_catalog.pg_namespace n on n.oid = x.${schema}
            where n.nspname in ('pg_catalog', 'information_schema') and ${condition(name)}
              and ${only} and ${standsAlone[name] ?? 'true'}`,
        ],
  )
  return `select i.type, i.identity, pg_catalog.pg_get_userbyid(o.owner)::pg_catalog.text as owner
            from (${branches.join('\nunion all\n')}) o (catalog, oid, owner)
           cross join lateral pg_catalog.pg_identify_object(o.catalog, o.oid, 0) i
           order by 1, 2`
}

const usersSql = objectsSql((catalog) => isUsers(catalog, 'x'))
const systemsSql = objectsSql(() => 'x.oid < 16384')

/** Kinds whose rows would be missing with them. */
const holdsRows = new Set(['table', 'materialized view', 'foreign table'])

const schemaObject: DatabaseCheck = {
  name: 'system-schema-object',
  scope: 'database',
  subject: 'objects in the schemas of the system',
  worst: 'blocking',
  async run({ source, sourceSession, targetSession }) {
    const made = (await sourceSession.query<SystemObject>(usersSql)).filter(
      ({ owner }) => !isProviderRole(owner, source.facts.provider),
    )
    const members = await findFamilyMembers(sourceSession)
    if (made.length === 0) return members
    // An information_schema that was made anew, as release notes have asked for, is the system's all the same.
    const systems = await targetSession.query<SystemObject>(systemsSql)
    const known = new Set(systems.map(keyOf))
    return [
      ...made
        .filter((object) => !known.has(keyOf(object)))
        .map((object) => describe(object, source.facts.major)),
      ...members,
    ]
  },
}

/** 17 no longer writes the schema of the type json. */
function keyOf({ type, identity }: SystemObject): string {
  return `${type} ${identity.replaceAll('pg_catalog.', '')}`
}

function describe(object: SystemObject, major: number): Found {
  const { type, identity } = object
  return {
    severity: holdsRows.has(type) ? 'blocking' : 'warning',
    object: identity,
    message: `The ${type} ${identity} is in a schema of the system, which no dump carries: it would be missing on the target.`,
    remedy: remedyOf(object, major),
  }
}

/** Up to 11 nothing can be moved out of pg_catalog, on which everything in it depends. */
function remedyOf({ type, identity }: SystemObject, major: number): string {
  if (major >= 12 || !identity.startsWith('pg_catalog.')) {
    // The one kind here that ALTER calls otherwise.
    const word = type === 'statistics object' ? 'statistics' : type
    return `-- on the source, as a superuser; what uses it has to find it there\nalter ${word} ${identity} set schema public;`
  }
  const whole = holdsRows.has(type)
    ? ', with its rows and all that belongs to it (owner, privileges, policies, indexes, triggers, foreign keys, sequences and where they are; pg_dump --table writes it, with pg_catalog where the other schema is to be)'
    : ''
  return `On the source, create it anew in a schema of your own${whole}, where what uses it has to find it, and drop it here then: before 12 nothing can be moved out of pg_catalog.`
}

interface TextSearch {
  readonly object: string
  readonly definition: string
}

const textSearchSql = `
  select 'text search configuration ' || c.cfgname as object,
         pg_catalog.string_agg(pg_catalog.format('%s %s %s', m.maptokentype, m.mapseqno, d.dictname), ', '
                               order by m.maptokentype, m.mapseqno) as definition
    from pg_catalog.pg_ts_config c
    left join pg_catalog.pg_ts_config_map m on m.mapcfg = c.oid
    left join pg_catalog.pg_ts_dict d on d.oid = m.mapdict
   where c.oid < 16384 group by c.cfgname
   union all
  select 'text search dictionary ' || dictname, coalesce(dictinitoption, '')
    from pg_catalog.pg_ts_dict where oid < 16384
   order by 1`

const textSearch: DatabaseCheck = {
  name: 'system-text-search',
  scope: 'database',
  subject: "the system's own text search configurations",
  worst: 'warning',
  async run({ sourceSession, targetSession }) {
    const read = (session: Session) => session.query<TextSearch>(textSearchSql)
    const [before, after] = await Promise.all([read(sourceSession), read(targetSession)])
    const definitions = new Map(after.map(({ object, definition }) => [object, definition]))
    return before
      .filter(({ object, definition }) => (definitions.get(object) ?? definition) !== definition)
      .map(({ object }) => ({
        severity: 'warning',
        object,
        message: `The ${object} of the system was changed on the source, which no dump carries: on the target, what is searched, and what indexes and generated columns hold of it, is made as the system does it.`,
        remedy: `Give it a name of its own on the source (CREATE TEXT SEARCH … with COPY or the same options) and use that; or change it in the same way on the target after the upgrade, and rebuild the indexes and columns that it made.`,
      }))
  },
}

export const systemSchemaChecks: readonly Check[] = [schemaObject, textSearch]
