/** Security labels of roles and databases, which are not carried: whom a provider masks (PostgreSQL Anonymizer), it may do so by them. */
import { isProviderRole } from '../../roles/index.js'
import { quoteIdentifier, quoteLiteral, type Session } from '../../server/index.js'
import type { ServerCheck } from '../check.js'

interface Label {
  readonly kind: 'role' | 'database'
  readonly name: string
  readonly provider: string
  readonly label: string
}

/** A finding each: whoever passes one over passes over that one. */
export const sharedLabels: ServerCheck = {
  name: 'security-label-lost',
  scope: 'server',
  subject: 'security labels of roles and databases',
  worst: 'warning',
  async run({ source, target, sourceSession, targetSession, databases, roles }) {
    const present = new Set((await readLabels(targetSession)).map(statementOf))
    const isMoved = ({ kind, name }: Label) =>
      kind === 'database'
        ? databases.includes(name)
        : roles !== 'skip' &&
          ![source, target].some(({ facts }) => isProviderRole(name, facts.provider))
    return (await readLabels(sourceSession))
      .filter((label) => isMoved(label) && !present.has(statementOf(label)))
      .map((label) => ({
        severity: 'warning',
        object: `${label.kind} ${quoteIdentifier(label.name)}`,
        message: `The ${label.kind} ${quoteIdentifier(label.name)} has a security label of the provider ${quoteIdentifier(label.provider)}, which is not carried to the target${label.kind === 'role' ? '. Where the provider hides data from labelled roles, it sees them there' : ''}.`,
        remedy: `Load the provider on the target, and run there after the upgrade, before anybody connects: ${statementOf(label)}`,
      }))
  },
}

function readLabels(session: Session): Promise<Label[]> {
  return session.query<Label>(
    `select case when r.oid is null then 'database' else 'role' end as kind,
            coalesce(r.rolname, d.datname)::pg_catalog.text as name, l.provider, l.label
       from pg_catalog.pg_shseclabel l
       left join pg_catalog.pg_roles r
         on l.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass and r.oid = l.objoid
       left join pg_catalog.pg_database d
         on l.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass and d.oid = l.objoid
      where r.oid is not null or d.oid is not null
      order by 1, 2, 3`,
  )
}

function statementOf({ kind, name, provider, label }: Label): string {
  return `security label for ${quoteIdentifier(provider)} on ${kind} ${quoteIdentifier(name)} is ${quoteLiteral(label)}`
}
