/** Rows that a restore would refuse because a child table dropped its parent's NOT NULL. */
import { findsRow, identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'

interface LooseColumn {
  readonly child: string
  readonly parent: string
  /** Quoted. */
  readonly column: string
}

/** A child's columns that are nullable although the parent's are not; a dump cannot say so. NO INHERIT, which it can: 18. */
function readLooseColumns({ source, sourceSession }: DatabaseContext): Promise<LooseColumn[]> {
  const isForItselfAlone =
    source.facts.major >= 18
      ? `exists (select from pg_catalog.pg_constraint k
                  where k.conrelid = p.attrelid and k.contype = 'n' and k.conkey = array[p.attnum] and k.connoinherit)`
      : 'false'
  return sourceSession.query<LooseColumn>(
    `select ${identity('pg_class', 'c.oid')} as child, ${identity('pg_class', 'i.inhparent')} as parent,
            pg_catalog.quote_ident(a.attname) as column
       from pg_catalog.pg_inherits i
       join pg_catalog.pg_class c on c.oid = i.inhrelid and c.relkind in ('r', 'p')
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       join pg_catalog.pg_attribute p on p.attrelid = i.inhparent and p.attname = a.attname
      where p.attnotnull and not a.attnotnull and not ${isForItselfAlone}
        -- Tables that cannot be read are a finding of their own.
        and pg_catalog.has_schema_privilege(n.oid, 'usage')
        and pg_catalog.has_table_privilege(c.oid, 'select') and ${isUsersRelation('c', 'n')}
      order by 1, 3`,
  )
}

const seekSeconds = 3

function holdsNulls(
  { sourceSession }: DatabaseContext,
  { child, column }: LooseColumn,
): Promise<boolean | undefined> {
  const nulls = `select 1 from only ${child} where ${column} is null limit 1`
  return findsRow(sourceSession, seekSeconds, nulls)
}

export const notNullDropped: DatabaseCheck = {
  name: 'not-null-dropped',
  scope: 'database',
  subject: 'children that dropped the NOT NULL of their parent',
  worst: 'blocking',
  async run(context) {
    const found: Found[] = []
    for (const loose of await readLooseColumns(context)) {
      found.push(describe(loose, await holdsNulls(context, loose)))
    }
    return found
  },
}

function describe({ child, parent, column }: LooseColumn, nulls: boolean | undefined): Found {
  const start = `The column ${column} of ${child} may be null, while in its parent ${parent} it may not. On the target it will be NOT NULL in both`
  const remedy = `-- on the source: either\nalter table ${parent} alter column ${column} drop not null;\n-- or, after giving the column values\nalter table only ${child} alter column ${column} set not null;`
  const object = `${child}.${column}`
  if (nulls === true) {
    return {
      severity: 'blocking',
      object,
      message: `${start}, and the nulls that it holds would be refused.`,
      remedy,
    }
  }
  const doubt =
    nulls === undefined ? '; whether it holds nulls, which would be refused, could not be seen' : ''
  return { severity: 'warning', object, message: `${start}${doubt}.`, remedy }
}
