/** Columns that only a child table computes, which 16 and later do not allow. */
import { freeName, identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'

interface Parent {
  readonly name: string
  /** It computes the column too. */
  readonly isGenerated: boolean
}

interface GeneratedColumn {
  readonly child: string
  /** Quoted, as the next one. */
  readonly column: string
  /** No column of the child has it. */
  readonly otherName: string
  /** With its collation. */
  readonly type: string
  readonly isNotNull: boolean
  /** No child has it too, and nothing hangs on it that would go with it. */
  readonly isBare: boolean
  /** `FOR VALUES …`, of a partition. */
  readonly bound: string | null
  /** Those that have the column, in the child's order. */
  readonly parents: readonly Parent[]
}

/** Indexes that a partition has from its parent come back with it. */
const columnsSql = `
  select ${identity('pg_class', 'c.oid')} as child, pg_catalog.quote_ident(a.attname) as column,
         pg_catalog.quote_ident(${freeName(
           `'kept'`,
           'select from pg_catalog.pg_attribute t where t.attrelid = c.oid and t.attname = f.name',
         )}) as "otherName",
         pg_catalog.concat_ws(' collate ', pg_catalog.format_type(a.atttypid, a.atttypmod),
           case when a.attcollation <> 0 then ${identity('pg_collation', 'a.attcollation')} end) as type,
         a.attnotnull as "isNotNull",
         a.attacl is null and a.attoptions is null and coalesce(a.attstattarget, -1) = -1
           and a.attstorage = (select t.typstorage from pg_catalog.pg_type t where t.oid = a.atttypid)
           and pg_catalog.col_description(c.oid, a.attnum) is null
           and not exists (select from pg_catalog.pg_inherits i where i.inhparent = c.oid)
           and not exists (
             select from pg_catalog.pg_depend d
              where d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = c.oid
                and d.refobjsubid = a.attnum and d.classid <> 'pg_catalog.pg_attrdef'::pg_catalog.regclass
                and not (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                         and exists (select from pg_catalog.pg_inherits i where i.inhrelid = d.objid))) as "isBare",
         pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound, p.parents
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and not a.attisdropped
   cross join lateral (
     select pg_catalog.json_agg(pg_catalog.json_build_object('name', ${identity('pg_class', 'i.inhparent')},
              'isGenerated', p.attgenerated <> '') order by i.inhseqno) as parents,
            pg_catalog.bool_or(p.attgenerated = '') as differs
       from pg_catalog.pg_inherits i
       join pg_catalog.pg_attribute p on p.attrelid = i.inhparent and p.attname = a.attname
      where i.inhrelid = c.oid
   ) p
   where a.attgenerated <> '' and p.differs and ${isUsersRelation('c', 'n')}
   order by 1, 2`

export const generatedChild: DatabaseCheck = {
  name: 'generated-child',
  scope: 'database',
  subject: 'generated columns of children whose parent has an ordinary one',
  worst: 'blocking',
  async run({ source, target, sourceSession }) {
    const { major } = source.facts
    if (major < 12 || major >= 16 || target.facts.major < 16) return []
    const columns = await sourceSession.query<GeneratedColumn>(columnsSql)
    return columns.map((each) => ({
      severity: 'blocking',
      object: `${each.child}.${each.column}`,
      message: `The column ${each.column} of ${each.child} is generated, while in its parent ${namesOf(each.parents, false)} it is not. PostgreSQL 16 and later refuse such a table.`,
      remedy: remedy(each, major),
    }))
  },
}

function namesOf(parents: readonly Parent[], isGenerated: boolean): string {
  return parents
    .flatMap((parent) => (parent.isGenerated === isGenerated ? [parent.name] : []))
    .join(', ')
}

/** A column cannot lose its expression while it is inherited. */
function remedy(each: GeneratedColumn, major: number): string {
  const { child, column, bound, parents } = each
  const generated = namesOf(parents, true)
  if (generated !== '') {
    return `On the source, take the expression of the column away in ${generated} first (ALTER TABLE … ALTER COLUMN ${column} DROP EXPRESSION, from 13 on), or make ${child} no longer inherit from there: a child has to compute what a parent computes.`
  }
  if (major < 13 && !each.isBare) {
    return `On the source, in one transaction: take ${child} out of ${namesOf(parents, false)}, put an ordinary column with the same values in the place of ${column}, with all that hangs on it (such as children, indexes, constraints, views, privileges, its comment), and put ${child} back${bound === null ? '' : ` (ATTACH PARTITION … ${bound})`}: until then its rows are missing in its parent.`
  }
  const leave = parents.map(({ name }) =>
    bound === null
      ? `alter table ${child} no inherit ${name};`
      : `alter table ${name} detach partition ${child};`,
  )
  const comeBack = parents.map(({ name }) =>
    bound === null
      ? `alter table ${child} inherit ${name};`
      : `alter table ${name} attach partition ${child} ${bound};`,
  )
  const change =
    major < 13 ? newColumn(each) : [`alter table ${child} alter column ${column} drop expression;`]
  return [
    '-- on the source; a trigger can go on computing the column',
    ...['begin;', ...leave, ...change, ...comeBack, 'commit;'],
  ].join('\n')
}

/** 12 cannot take an expression away. ALTER TYPE … USING fills the new column without triggers, rules and policies. */
function newColumn({ child, column, otherName, type, isNotNull }: GeneratedColumn): string[] {
  const alter = `alter table ${child}`
  return [
    `${alter} add column ${otherName} ${type};`,
    `${alter} alter column ${otherName} type ${type} using ${column};`,
    ...(isNotNull ? [`${alter} alter column ${otherName} set not null;`] : []),
    `${alter} drop column ${column};`,
    `${alter} rename column ${otherName} to ${column};`,
  ]
}
