/** Says which event triggers a role that may not disable them sets off when texts are read again on the target. */
import type { Log } from '../../log.js'
import { withReader, type DatabaseSide } from '../sides.js'

/** What reading a text again creates. */
const tags = [
  'CREATE COLLATION',
  'CREATE FUNCTION',
  'CREATE PROCEDURE',
  'CREATE RULE',
  'CREATE TABLE',
  'CREATE VIEW',
]

/** A superuser's sessions run none. */
export async function tellEventTriggers(side: DatabaseSide, log: Log): Promise<void> {
  const { facts } = side.server
  if (facts.isSuperuser || facts.isStandby) return
  const names = await withReader(side, (session) =>
    session.query<{ name: string }>(
      `select pg_catalog.quote_ident(evtname) as name from pg_catalog.pg_event_trigger
        where evtenabled in ('O', 'A') and evtevent in ('ddl_command_start', 'ddl_command_end')
          and (evttags is null or evttags && $1::pg_catalog.text[])
        order by evtname`,
      [tags],
    ),
  )
  if (names.length === 0) return
  const database = JSON.stringify(side.database)
  log.warning(
    `Database ${database} of the target has event triggers that also run for the temporary objects with which texts are read again, because the role ${JSON.stringify(facts.user)} is no superuser: ${names.map(({ name }) => name).join(', ')}. What they forbid may be told as a difference though it is none, and the sequences that they use stay advanced. Compare as a superuser, or disable them meanwhile.`,
  )
}
