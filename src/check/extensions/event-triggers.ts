/** Event triggers of extensions, which fire while everything else is restored. */
import { eventTriggersOff, type Server, type Session } from '../../server/index.js'
import type { Found } from '../check.js'

/** Its event triggers only write to the log. */
const harmless = ['pgaudit']

/** They look at every definition that is added, and what they protect is not whole until the restore has ended. */
const blocking = new Set(['periods'])

/**
 * A dump adds the event triggers of users last; those of an extension are there from CREATE EXTENSION on. Where they
 * can be switched off, all sessions on the target do so.
 */
export async function findEventTriggers(session: Session, target: Server): Promise<Found[]> {
  if (Object.keys(eventTriggersOff(target.facts)).length > 0) return []
  const extensions = await session.query<{ name: string; triggers: string }>(
    `select e.extname::pg_catalog.text as name,
            pg_catalog.string_agg(pg_catalog.quote_ident(t.evtname), ', ' order by t.evtname) as triggers
       from pg_catalog.pg_event_trigger t
       join pg_catalog.pg_depend d
         on d.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass and d.objid = t.oid and d.deptype = 'e'
       join pg_catalog.pg_extension e on e.oid = d.refobjid
      where t.evtenabled in ('O', 'A') and e.extname <> all ($1::pg_catalog.text[])
      group by e.extname
      order by e.extname`,
    [harmless],
  )
  return extensions.map(({ name, triggers }) => ({
    severity: blocking.has(name) ? 'blocking' : 'warning',
    object: name,
    message: `Event triggers of the extension ${name} (${triggers}) fire on the target while the database is restored, because CREATE EXTENSION comes before everything else. They may ${blocking.has(name) ? 'refuse definitions, so that the restore fails after the rows have been copied' : 'refuse definitions, or write rows that the dump brings as well'}.`,
    remedy:
      'Move to PostgreSQL 17 or newer with a superuser in "target-url": there, the sessions of the run switch event triggers off. Otherwise drop the extension on the source and create it again on the target after the upgrade; what uses it has to go and come back with it.',
  }))
}
