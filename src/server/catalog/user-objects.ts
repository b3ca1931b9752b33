/** Tells whether a database holds anything that a user made. */
import { isMember, regclass } from './members.js'
import type { Session } from '../session/session.js'
import { mayHoldConfigurationRows } from './configuration-tables.js'

/**
 * True when the session's database holds a relation, function, type, schema, large object or another object of
 * a user. What an extension or initdb made does not count (initdb's identifiers end below 16384,
 * FirstNormalObjectId in access/transam.h), nor do temporary objects.
 */
export async function hasUserObjects(session: Session): Promise<boolean> {
  return isAnyTrue(session, catalogs.map(usersRow))
}

/**
 * True when a dump of the session's database would carry anything that is not on every server: besides user objects, rows of
 * users in the configuration tables of extensions, default privileges, subscriptions and what hardly anybody makes.
 */
export async function holdsAnythingToMove(session: Session): Promise<boolean> {
  const branches = [...catalogs, ...rareCatalogs].map(usersRow)
  return (
    (await isAnyTrue(session, [...branches, subscription])) ||
    (await mayHoldConfigurationRows(session))
  )
}

async function isAnyTrue(session: Session, branches: readonly string[]): Promise<boolean> {
  const [row] = await session.query<{ found: boolean }>(
    `select ${branches.join('\n or ')} as found`,
  )
  return row?.found ?? true
}

interface Catalog {
  readonly name: string
  readonly condition: string
}

function usersRow({ name, condition }: Catalog): string {
  return `exists (select 1 from pg_catalog.${name} o
                   where o.oid >= 16384 and ${condition}
                     and not ${isMember(regclass(name), 'o.oid')})`
}

const subscription = `exists (select 1 from pg_catalog.pg_subscription s
                               join pg_catalog.pg_database d on d.oid = s.subdbid
                              where d.datname = pg_catalog.current_database())`

const always = 'true'

/** The catalogs of a database's own objects, each with what leaves out temporary and implied rows. */
const catalogs: readonly Catalog[] = [
  {
    name: 'pg_class',
    condition: `o.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and o.relpersistence <> 't'`,
  },
  { name: 'pg_namespace', condition: `o.nspname not like 'pg\\_%' and o.nspname <> 'public'` },
  // Of a composite type, an extension has the type and not its row of pg_class.
  {
    name: 'pg_type',
    condition: `o.typelem = 0 and (o.typrelid = 0 or exists (
      select 1 from pg_catalog.pg_class c where c.oid = o.typrelid and c.relkind = 'c' and c.relpersistence <> 't'))`,
  },
  { name: 'pg_proc', condition: always },
  { name: 'pg_operator', condition: always },
  { name: 'pg_cast', condition: always },
  { name: 'pg_collation', condition: always },
  { name: 'pg_conversion', condition: always },
  { name: 'pg_event_trigger', condition: always },
  { name: 'pg_foreign_data_wrapper', condition: always },
  { name: 'pg_foreign_server', condition: always },
  { name: 'pg_largeobject_metadata', condition: always },
  { name: 'pg_publication', condition: always },
  { name: 'pg_ts_config', condition: always },
  { name: 'pg_ts_dict', condition: always },
]

/** What does not make a database of the target count as filled, but would be missed if it were not moved. */
const rareCatalogs: readonly Catalog[] = [
  'pg_default_acl',
  'pg_language',
  'pg_transform',
  'pg_am',
  'pg_opfamily',
  'pg_ts_parser',
  'pg_ts_template',
].map((name) => ({ name, condition: always }))
