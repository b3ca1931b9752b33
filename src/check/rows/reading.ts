/** What the source's role may not read, and so cannot move. A superuser reads everything. */
import { quoteIdentifier, usedByConfiguration } from '../../server/index.js'
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext } from '../check.js'
import { findRefusedCalls } from './planned-calls.js'

const table: DatabaseCheck = {
  name: 'unreadable-table',
  scope: 'database',
  subject: 'whether every table can be read',
  worst: 'blocking',
  run: async (context) => [
    ...(await findUnreadable(context, 'table', `c.relkind in ('r', 'p')`)),
    ...(await findRefusedCalls(context)),
  ],
}

const sequence: DatabaseCheck = {
  name: 'unreadable-sequence',
  scope: 'database',
  subject: 'whether every sequence can be read',
  worst: 'blocking',
  run: (context) => findUnreadable(context, 'sequence', `c.relkind = 'S'`),
}

/** Of an extension's relations a dump reads what it declares as its configuration. */
const isConfiguration = `c.oid in (select pg_catalog.unnest(x.extconfig) from pg_catalog.pg_extension x)`
/** The run itself carries where they stand, if it can read them. */
const numbersConfiguration = `c.oid in (${usedByConfiguration})`

interface Unreadable {
  readonly object: string
  readonly schema: string
  readonly entersSchema: boolean
  readonly isDumped: boolean
}

async function findUnreadable(
  { source, sourceSession }: DatabaseContext,
  kind: 'table' | 'sequence',
  condition: string,
) {
  const rows = await sourceSession.query<Unreadable>(
    `select ${identity('pg_class', 'c.oid')} as object,
            pg_catalog.quote_ident(n.nspname) as schema,
            pg_catalog.has_schema_privilege(n.oid, 'usage') as "entersSchema",
            (${isUsersRelation('c', 'n')}) or ${isConfiguration} as "isDumped"
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where ${condition} and (${isUsersRelation('c', 'n')} or ${isConfiguration} or c.relkind = 'S' and ${numbersConfiguration})
        and not (pg_catalog.has_schema_privilege(n.oid, 'usage')
                 and pg_catalog.has_${kind}_privilege(c.oid, 'select'))
      order by 1`,
  )
  const user = quoteIdentifier(source.facts.user)
  return rows.map(({ object, schema, entersSchema, isDumped }) => ({
    severity: isDumped ? ('blocking' as const) : ('warning' as const),
    object,
    message: isDumped
      ? `The role ${user} may not read the ${kind} ${object}, so it cannot be dumped.`
      : `The role ${user} may not read the sequence ${object} of an extension, which numbers rows that are carried: on the target it begins anew, and may give a number once more.`,
    remedy: [
      '-- on the source, as the owner or a superuser',
      ...(entersSchema ? [] : [`grant usage on schema ${schema} to ${user};`]),
      `grant select on ${kind} ${object} to ${user};`,
    ].join('\n'),
  }))
}

const largeObject: DatabaseCheck = {
  name: 'unreadable-large-object',
  scope: 'database',
  subject: 'whether every large object can be read',
  worst: 'blocking',
  async run({ source, sourceSession }) {
    if (source.facts.isSuperuser) return []
    const rows = await sourceSession.query<{ oid: string }>(
      `select m.oid::pg_catalog.text as oid from pg_catalog.pg_largeobject_metadata m
        where pg_catalog.current_setting('lo_compat_privileges') = 'off'
          and not exists (
            select 1 from pg_catalog.aclexplode(
                            coalesce(m.lomacl, pg_catalog.acldefault('L', m.lomowner))) a
             where a.privilege_type = 'SELECT'
               and (a.grantee = 0 or pg_catalog.pg_has_role(a.grantee, 'usage')))
        order by m.oid`,
    )
    const user = quoteIdentifier(source.facts.user)
    return rows.map(({ oid }) => ({
      severity: 'blocking',
      object: oid,
      message: `The role ${user} may not read the large object ${oid}, so it cannot be dumped.`,
      remedy: `-- on the source, as the owner or a superuser\ngrant select on large object ${oid} to ${user};`,
    }))
  },
}

const rowSecurity: DatabaseCheck = {
  name: 'row-security',
  scope: 'database',
  subject: 'whether row-level security hides rows',
  worst: 'blocking',
  async run({ source, sourceSession }) {
    const rows = await sourceSession.query<{ object: string }>(
      `select ${identity('pg_class', 'c.oid')} as object
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relrowsecurity and pg_catalog.row_security_active(c.oid)
          and ${isUsersRelation('c', 'n')} order by 1`,
    )
    const user = quoteIdentifier(source.facts.user)
    return rows.map(({ object }) => ({
      severity: 'blocking',
      object,
      message: `Row-level security of the table ${object} applies to the role ${user}: rows could be hidden from it, so pg_dump refuses to read the table.`,
      remedy: `-- on the source, as a superuser; or use the table's owner in source-url\nalter role ${user} bypassrls;`,
    }))
  },
}

export const readingChecks: readonly DatabaseCheck[] = [table, sequence, largeObject, rowSecurity]
