/** Privileges on multirange types, which they have no longer since 17: those of their range count for both. */
import { ownsMultiranges, quoteIdentifier } from '../../server/index.js'
import { identity, isUsers } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'
import { listed } from '../../report/format.js'

interface Multirange {
  readonly object: string
  readonly range: string
  /** Who may use the multirange; null is PUBLIC. */
  readonly users: readonly (string | null)[]
  readonly rangeUsers: readonly (string | null)[]
}

/** Superusers may use everything; and the range's owner, whose the multirange becomes, both. */
const usersOf = (type: string) =>
  `array(select distinct u.rolname::pg_catalog.text
           from pg_catalog.aclexplode(coalesce(${type}.typacl, pg_catalog.acldefault('T', ${type}.typowner))) a
           left join pg_catalog.pg_roles u on u.oid = a.grantee
          where a.grantee <> r.typowner and u.rolsuper is not true order by 1)`

export const multirangePrivilege: DatabaseCheck = {
  name: 'multirange-privilege',
  scope: 'database',
  subject: 'privileges on multirange types',
  worst: 'warning',
  async run({ source, target, sourceSession }) {
    if (!ownsMultiranges(source.facts.major) || ownsMultiranges(target.facts.major)) return []
    const multiranges = await sourceSession.query<Multirange>(
      `select ${identity('pg_type', 'm.oid')} as object, ${identity('pg_type', 'r.oid')} as range,
              ${usersOf('m')} as users, ${usersOf('r')} as "rangeUsers"
         from pg_catalog.pg_range x
         join pg_catalog.pg_type r on r.oid = x.rngtypid
         join pg_catalog.pg_type m on m.oid = x.rngmultitypid
        where (r.typacl is not null or m.typacl is not null) and ${isUsers('pg_type', 'r')} order by 1`,
    )
    return multiranges.flatMap(({ object, range, users, rangeUsers }) => {
      const lost = without(users, rangeUsers)
      const gained = without(rangeUsers, users)
      if (lost.length === 0 && gained.length === 0) return []
      const changes = [
        ...(gained.length > 0 ? [`${named(gained)} may use it there`] : []),
        ...(lost.length > 0 ? [`${named(lost)} may no longer`] : []),
      ]
      return {
        severity: 'warning',
        object,
        message: `The multirange type ${object} has other privileges than its range type ${range}. From PostgreSQL 17 on it has none of its own, and those of ${range} count for both: ${changes.join(', and ')}.`,
        remedy: `On the source, GRANT and REVOKE USAGE ON TYPE ${range} and ${object} until both say what is to be on the target.`,
      }
    })
  },
}

/** Those who may use the one and not the other. */
function without(
  some: readonly (string | null)[],
  others: readonly (string | null)[],
): (string | null)[] {
  if (others.includes(null)) return []
  return some.includes(null) ? [null] : some.filter((role) => !others.includes(role))
}

function named(roles: readonly (string | null)[]): string {
  return listed(
    roles.map((role) => (role === null ? 'PUBLIC' : quoteIdentifier(role))),
    10,
  )
}
