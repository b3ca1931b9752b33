/** Extensions that keep queues and replication of their own, which mean nothing on another server. */
import { type Session } from '../../server/index.js'
import type { Found } from '../check.js'

interface Keeper {
  readonly extension: string
  /** Holds a row as soon as the extension is in use. */
  readonly table: string
  readonly found: Omit<Found, 'object'>
}

const keepers: readonly Keeper[] = [
  {
    extension: 'pglogical',
    table: 'pglogical.node',
    found: {
      severity: 'warning',
      message:
        'The nodes, replication sets and subscriptions of pglogical do not arrive: a dump does not have them, and they name the old server. After the upgrade the target replicates nothing.',
      remedy:
        'After the upgrade, make them anew on the target (pglogical.create_node, pglogical.create_replication_set, pglogical.replication_set_add_table, pglogical.create_subscription), before anything is written there that has to be replicated.',
    },
  },
  {
    extension: 'pgq',
    table: 'pgq.queue',
    found: {
      severity: 'blocking',
      message:
        'The queues of PgQ hold transaction numbers of this server, and the target counts its own: there, consumers would be given no events that are written after the upgrade (or "Invalid PgQ state").',
      remedy:
        'When nothing writes any more, let the consumers (also those of Londiste) take all events, and drop the queues on the source (pgq.drop_queue). After the upgrade, create the queues, consumers and nodes anew on the target. Or leave the database out with "exclude-databases".',
    },
  },
]

async function isInUse(session: Session, table: string): Promise<boolean> {
  const [row] = await session.query<{ readable: boolean | null }>(
    `select pg_catalog.has_table_privilege(pg_catalog.to_regclass($1)::pg_catalog.oid, 'select') as readable`,
    [table],
  )
  if (row?.readable !== true) return false
  return (await session.query(`select from ${table} limit 1`)).length > 0
}

/** Of the extensions that the source has by those names, what those in use need. */
export async function findReplication(
  session: Session,
  names: ReadonlySet<string>,
): Promise<Found[]> {
  const found: Found[] = []
  for (const keeper of keepers) {
    if (names.has(keeper.extension) && (await isInUse(session, keeper.table))) {
      found.push({ ...keeper.found, object: keeper.extension })
    }
  }
  return found
}
