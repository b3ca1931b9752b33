/** Privileges that a dump grants in the name of a role that may not even look into the schema any more. */
import { ownerCatalogs, quoteIdentifier, roleNamer } from '../../server/index.js'
import type { DatabaseCheck } from '../check.js'
import { listed } from '../../report/format.js'

interface Granted {
  /** Of the role that has granted. */
  readonly grantor: string
  readonly schema: string
  readonly objects: readonly string[]
}

/** Objects that a message names. */
const shown = 3

/** Everything in a schema that has privileges, as pg_dump writes them: with SET SESSION AUTHORIZATION where not the owner granted. */
const privileged = [
  ...ownerCatalogs.flatMap(({ name, owner, schema, acl, only }) =>
    schema === undefined || acl === undefined
      ? []
      : [
          `select 'pg_catalog.${name}'::pg_catalog.regclass, x.oid, 0, x.${schema}, x.${owner}, x.${acl}
             from pg_catalog.${name} x where x.${acl} is not null and ${only ?? 'true'}`,
        ],
  ),
  `select 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, a.attnum, c.relnamespace, c.relowner, a.attacl
     from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
    where a.attacl is not null and not a.attisdropped`,
]

export const grantorUsage: DatabaseCheck = {
  name: 'grantor-usage',
  scope: 'database',
  subject: 'who has granted privileges',
  worst: 'blocking',
  async run({ sourceSession, maintenanceSession, target }) {
    const rows = await sourceSession.query<Granted>(
      `select o.grantor, o.schema, pg_catalog.array_agg(i.identity order by i.identity) as objects
         from (select distinct a.grantor::pg_catalog.text as grantor, pg_catalog.quote_ident(n.nspname) as schema,
                      o.catalog, o.oid, o.part
                 from (${privileged.join('\nunion all\n')}) o (catalog, oid, part, namespace, owner, acl)
                 join pg_catalog.pg_namespace n on n.oid = o.namespace
                cross join lateral pg_catalog.aclexplode(o.acl) a
                where o.oid >= 16384 and n.nspname not like 'pg\\_%' and a.grantor <> o.owner
                  and not pg_catalog.has_schema_privilege(a.grantor, n.oid, 'usage')
               offset 0) o
        cross join lateral pg_catalog.pg_identify_object(o.catalog, o.oid, o.part) i
        group by 1, 2 order by 2, 1`,
    )
    if (rows.length === 0) return []
    const nameOf = await roleNamer(maintenanceSession)
    return rows.map(({ grantor, schema, objects }) => {
      const role = quoteIdentifier(nameOf(grantor))
      const start = `The role ${role} has granted others privileges on ${listed(objects, shown)}, and has no USAGE on the schema ${schema} any more. They are granted on the target in its name`
      return {
        severity: target.facts.isSuperuser ? 'blocking' : 'warning',
        object: `${role} in ${schema}`,
        message: target.facts.isSuperuser
          ? `${start}: the restore would fail on them, at its end.`
          : `${start}, and the target refuses that: they are lost.`,
        remedy: `-- on the source; it can be revoked on both servers after the upgrade\ngrant usage on schema ${schema} to ${role};`,
      }
    })
  },
}
