/** Foreign keys and other constraints whose own triggers have been switched off: no dump can say so. */
import { quoteIdentifier } from '../../server/index.js'
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'

interface Disabled {
  readonly constraint: string
  readonly relation: string
  readonly triggers: readonly string[]
  /** A partition's triggers are not what its parent's are, and the dump names them. */
  readonly isNamed: boolean
}

/**
 * Since 15 the triggers of a partition's constraint have parents, and where one is enabled otherwise than its parent,
 * pg_dump writes ALTER TABLE … TRIGGER with its name (getTriggers), which holds a number of the source.
 */
const disabled = (major: number) => `
  select ${identity('pg_constraint', 'k.oid')} as constraint, ${identity('pg_class', 'c.oid')} as relation,
         pg_catalog.array_agg(t.tgname::pg_catalog.text order by t.tgname) as triggers,
         pg_catalog.bool_or(${major >= 15 ? 'p.tgenabled <> t.tgenabled' : 'false'}) is true as "isNamed"
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_constraint k on k.oid = t.tgconstraint and k.contype <> 't'
    join pg_catalog.pg_class c on c.oid = t.tgrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    ${major >= 15 ? 'left join pg_catalog.pg_trigger p on p.oid = t.tgparentid' : ''}
   where ${isUsersRelation('c', 'n')}
     and (t.tgenabled in ('D', 'R')${major >= 15 ? ' or p.tgenabled <> t.tgenabled' : ''})
   group by k.oid, c.oid order by 1, 2`

export const constraintDisabled: DatabaseCheck = {
  name: 'constraint-disabled',
  scope: 'database',
  subject: 'constraints whose triggers are switched off',
  worst: 'blocking',
  async run({ source, sourceSession }) {
    const rows = await sourceSession.query<Disabled>(disabled(source.facts.major))
    return rows.map(describe)
  },
}

function describe({ constraint, relation, triggers, isNamed }: Disabled): Found {
  const start = `Triggers of the constraint ${constraint} have been switched off on ${relation}`
  const consequence = isNamed
    ? `and pg_dump names them, which have another name on the target: the restore would fail at its end`
    : `which no dump can say: on the target it is on, and rows that break it are refused there`
  const statements = triggers.map(
    (trigger) => `alter table ${relation} enable trigger ${quoteIdentifier(trigger)};`,
  )
  return {
    severity: isNamed ? 'blocking' : 'warning',
    object: constraint,
    message: `${start}, ${consequence}.`,
    remedy: `-- on the source, as a superuser; rows that are there already are not looked at\n${statements.join('\n')}`,
  }
}
