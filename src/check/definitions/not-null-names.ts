/**
 * Constraints that have the names which the target gives to NOT NULL: 18 has a constraint for that of a table, 17 for that of a domain.
 * And names of NOT NULL themselves, from 18 on, that a dump writes without quotes, or that keep a restore from adding them.
 */
import { freeName, identity, isUsers, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'
import { findUnvalidated } from './not-null-unvalidated.js'

interface NamedConstraint {
  /** `table` or `domain`. */
  readonly kind: string
  readonly object: string
  /** Quoted. */
  readonly name: string
  /** Quoted too; nothing in the database has it, which children and indexes could. */
  readonly otherName: string
}

const freeConstraintName = freeName(
  // With its number it has to be no longer than a name may be.
  `case when pg_catalog.octet_length(k.name::pg_catalog.text) < 60 then k.name::pg_catalog.text
        else pg_catalog.left(k.name::pg_catalog.text, 14) end`,
  `select from pg_catalog.pg_constraint t where t.conname = f.name
   union all select from pg_catalog.pg_class t where t.relname = f.name`,
)

/**
 * Checks of a table that hold for all rows are created with it, which leaves them their names. What a column has from a parent
 * is called as it is there; a partition is created as a table of its own.
 */
const tableConstraints = `
  select 'table', ${identity('pg_class', 'k.conrelid')}, k.conname
    from (
      with recursive line (id, attname, relation, depth) as (
        select k.oid, a.attname, c.oid, 0
          from pg_catalog.pg_constraint k
          join pg_catalog.pg_class c on c.oid = k.conrelid
          join pg_catalog.pg_namespace n on n.oid = c.relnamespace
          join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         where a.attnotnull and k.conname::pg_catalog.text like '%\\_not\\_null'
           and (k.contype in ('f', 'p', 'u', 'x') or k.contype = 'c' and not k.convalidated)
           and ${isUsersRelation('c', 'n')}
        union all
        select l.id, l.attname, p.inhparent, l.depth + 1
          from line l cross join lateral (
            select i.inhparent
              from pg_catalog.pg_inherits i
              join pg_catalog.pg_class c on c.oid = i.inhrelid and not c.relispartition
              join pg_catalog.pg_attribute a on a.attrelid = i.inhparent and a.attname = l.attname and a.attnotnull
             where i.inhrelid = l.relation
             order by i.inhseqno limit 1) p)
      select distinct on (id, attname) id, attname, relation from line order by id, attname, depth desc) first
    join pg_catalog.pg_constraint k on k.oid = first.id
    join pg_catalog.pg_class c on c.oid = first.relation
   where k.conname = c.relname || '_' || first.attname || '_not_null'`

const domainConstraints = `
  select 'domain', ${identity('pg_type', 't.oid')}, k.conname
    from pg_catalog.pg_constraint k join pg_catalog.pg_type t on t.oid = k.contypid
   where t.typnotnull and k.conname = t.typname || '_not_null' and ${isUsers('pg_type', 't')}`

export const notNullName: DatabaseCheck = {
  name: 'not-null-name',
  scope: 'database',
  subject: 'constraints whose names the target gives to NOT NULL',
  worst: 'blocking',
  async run(context) {
    return [
      ...(await findTaken(context)),
      // Before 18 NOT NULL has no name.
      ...(context.source.facts.major < 18 ? [] : await findNamed(context)),
    ]
  },
}

async function findTaken({ source, target, sourceSession }: DatabaseContext): Promise<Found[]> {
  const branches = [
    ...(source.facts.major < 18 && target.facts.major >= 18 ? [tableConstraints] : []),
    ...(source.facts.major < 17 && target.facts.major >= 17 ? [domainConstraints] : []),
  ]
  if (branches.length === 0) return []
  const constraints = await sourceSession.query<NamedConstraint>(
    `select kind, object, pg_catalog.quote_ident(name) as name, pg_catalog.quote_ident(${freeConstraintName}) as "otherName"
         from (${branches.join('\nunion all\n')}) k (kind, object, name) order by 1, 2, 3`,
  )
  return constraints.map(({ kind, object, name, otherName }) => ({
    severity: 'blocking',
    object: `${name} on ${object}`,
    message: `The constraint ${name} of the ${kind} ${object} has the name that PostgreSQL ${target.facts.major} gives to the NOT NULL there. The restore would fail on it.`,
    remedy: `-- on the source\nalter ${kind} ${object} rename constraint ${name} to ${otherName};`,
  }))
}

interface UnquotedName {
  readonly table: string
  /** Quoted. */
  readonly name: string
  /** Free, and without need of quotes. */
  readonly otherName: string
  /** Neither a parent nor a child has a part in the constraint. */
  readonly isAlone: boolean
  readonly parents: readonly string[]
}

/**
 * Names that mean the same without quotes: in UTF8 only the letters of ASCII are folded. Of the keywords, those may be names of
 * constraints that may be names of columns.
 */
const needsQuotes = `
  (k.conname::pg_catalog.text ~ '^[0-9$]'
   or k.conname::pg_catalog.text ~ case when pg_catalog.current_setting('server_encoding') = 'UTF8' then '[\\u0001-#%-/:-^\`{-\\u007f]'
                                        else '[^a-z0-9_$]' end
   or k.conname::pg_catalog.text in (select word::pg_catalog.text from pg_catalog.pg_get_keywords() where catcode in ('R', 'T')))`

/**
 * pg_dump names the constraint of a column that it leaves to the parents without quotes (dumpTableSchema), unless the name is
 * what it takes for the usual one. A comment makes it name that one too.
 */
const unquotedSql = `
  select ${identity('pg_class', 'c.oid')} as table, pg_catalog.quote_ident(k.conname) as name,
         'not_null_' || a.attnum as "otherName",
         k.coninhcount = 0 and not exists (select from pg_catalog.pg_inherits i where i.inhparent = c.oid) as "isAlone",
         array(select ${identity('pg_class', 'i.inhparent')} from pg_catalog.pg_inherits i
                 join pg_catalog.pg_attribute p on p.attrelid = i.inhparent and p.attname = a.attname
                where i.inhrelid = c.oid order by i.inhseqno) as parents
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid and not c.relispartition
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1] and not a.attislocal
   where k.contype = 'n' and k.conislocal and k.convalidated
     and ${needsQuotes}
     and (k.conname <> pg_catalog.concat(c.relname, '_', a.attname, '_not_null')
          or pg_catalog.obj_description(k.oid, 'pg_constraint') is not null)
     and ${isUsersRelation('c', 'n')}
   order by 1, 2`

async function findNamed({ sourceSession }: DatabaseContext): Promise<Found[]> {
  const rows = await sourceSession.query<UnquotedName>(unquotedSql)
  return [...rows.map(describeUnquoted), ...(await findUnvalidated(sourceSession))]
}

/** What has a part in the constraint may call it otherwise, and keeps it from a new name; once the column is the table's own, a dump writes the name with quotes. */
function describeUnquoted({ table, name, otherName, isAlone, parents }: UnquotedName): Found {
  const leave = parents.map((parent) => `alter table ${table} no inherit ${parent};`)
  const comeBack = parents.map((parent) => `alter table ${table} inherit ${parent};`)
  return {
    severity: 'blocking',
    object: `${name} on ${table}`,
    message: `The NOT NULL of an inherited column of ${table} has the name ${name}, which pg_dump writes without the quotes that it needs: the restore would fail on the table, or give the constraint another name.`,
    remedy: isAlone
      ? `-- on the source\nalter table ${table} rename constraint ${name} to ${otherName};`
      : `-- on the source; the columns are the table's own as well from then on\nbegin;\n${[...leave, ...comeBack].join('\n')}\ncommit;`,
  }
}
