/** Columns that only a child table computes, which 16 and later do not allow. */
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'

interface GeneratedColumn {
  readonly child: string
  readonly parent: string
  /** Quoted. */
  readonly column: string
  /** `FOR VALUES …`, of a partition. */
  readonly bound: string | null
}

export const generatedChild: DatabaseCheck = {
  name: 'generated-child',
  scope: 'database',
  subject: 'generated columns of children whose parent has an ordinary one',
  worst: 'blocking',
  async run({ source, target, sourceSession }) {
    const { major } = source.facts
    if (major < 12 || major >= 16 || target.facts.major < 16) return []
    const columns = await sourceSession.query<GeneratedColumn>(
      `select ${identity('pg_class', 'c.oid')} as child, ${identity('pg_class', 'i.inhparent')} as parent,
              pg_catalog.quote_ident(a.attname) as column,
              pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound
         from pg_catalog.pg_inherits i
         join pg_catalog.pg_class c on c.oid = i.inhrelid
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         join pg_catalog.pg_attribute a on a.attrelid = c.oid and not a.attisdropped
         join pg_catalog.pg_attribute p on p.attrelid = i.inhparent and p.attname = a.attname
        where a.attgenerated <> '' and p.attgenerated = '' and ${isUsersRelation('c', 'n')}
        order by 1, 3, 2`,
    )
    return columns.map((each) => ({
      severity: 'blocking',
      object: `${each.child}.${each.column}`,
      message: `The column ${each.column} of ${each.child} is generated, while in its parent ${each.parent} it is not. PostgreSQL 16 and later refuse such a table.`,
      remedy: remedy(each, major),
    }))
  },
}

/** A column cannot lose its expression while it is inherited; 12 cannot take one away at all. */
function remedy({ child, parent, column, bound }: GeneratedColumn, major: number): string {
  const start = '-- on the source; a trigger can go on computing the column'
  const leave =
    bound === null
      ? `alter table ${child} no inherit ${parent};`
      : `alter table ${parent} detach partition ${child};`
  if (major < 13) return `${start}\n${leave}`
  const comeBack =
    bound === null
      ? `alter table ${child} inherit ${parent};`
      : `alter table ${parent} attach partition ${child} ${bound};`
  return `${start}\nbegin;\n${leave}\nalter table ${child} alter column ${column} drop expression;\n${comeBack}\ncommit;`
}
