/** Constraints that have the names which the target gives to NOT NULL: 18 has a constraint for that of a table, 17 for that of a domain. */
import { identity, isUsers, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'

interface NamedConstraint {
  /** `table` or `domain`. */
  readonly kind: string
  readonly object: string
  /** Quoted; the other one is free. */
  readonly name: string
  readonly otherName: string
}

/** Checks of a table that hold for all rows are created with it, which leaves them their names. */
const tableConstraints = `
  select 'table', ${identity('pg_class', 'c.oid')}, k.conname
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
   where a.attnotnull and k.conname = c.relname || '_' || a.attname || '_not_null'
     and (k.contype in ('f', 'p', 'u', 'x') or k.contype = 'c' and not k.convalidated)
     and ${isUsersRelation('c', 'n')}`

const domainConstraints = `
  select 'domain', ${identity('pg_type', 't.oid')}, k.conname
    from pg_catalog.pg_constraint k join pg_catalog.pg_type t on t.oid = k.contypid
   where t.typnotnull and k.conname = t.typname || '_not_null' and ${isUsers('pg_type', 't')}`

export const notNullName: DatabaseCheck = {
  name: 'not-null-name',
  scope: 'database',
  subject: 'constraints whose names the target gives to NOT NULL',
  worst: 'blocking',
  async run({ source, target, sourceSession }) {
    const branches = [
      ...(source.facts.major < 18 && target.facts.major >= 18 ? [tableConstraints] : []),
      ...(source.facts.major < 17 && target.facts.major >= 17 ? [domainConstraints] : []),
    ]
    if (branches.length === 0) return []
    const constraints = await sourceSession.query<NamedConstraint>(
      `select kind, object, pg_catalog.quote_ident(name) as name, pg_catalog.quote_ident(name || '_1') as "otherName"
         from (${branches.join('\nunion all\n')}) k (kind, object, name) order by 1, 2, 3`,
    )
    return constraints.map(({ kind, object, name, otherName }) => ({
      severity: 'blocking',
      object: `${name} on ${object}`,
      message: `The constraint ${name} of the ${kind} ${object} has the name that PostgreSQL ${target.facts.major} gives to the NOT NULL there. The restore would fail on it.`,
      remedy: `-- on the source\nalter ${kind} ${object} rename constraint ${name} to ${otherName};`,
    }))
  },
}
