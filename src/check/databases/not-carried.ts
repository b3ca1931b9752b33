/** What no dump carries, and what stays behind for want of a privilege. */
import { quoteIdentifier, quoteLiteral } from '../../server/index.js'
import { isUsers } from '../catalog.js'
import type { Check, DatabaseCheck, Found, ServerCheck } from '../check.js'
import { readRefusedSubscriptions, superusersPublications } from '../roles/needs-superuser.js'

const slot: ServerCheck = {
  name: 'replication-slot',
  scope: 'server',
  subject: 'replication slots',
  worst: 'warning',
  async run({ sourceSession, databases }) {
    const rows = await sourceSession.query<{
      name: string
      type: string
      plugin: string | null
      database: string | null
    }>(
      `select slot_name::pg_catalog.text as name, slot_type as type, plugin::pg_catalog.text as plugin, database::pg_catalog.text as database
         from pg_catalog.pg_replication_slots
        where not temporary
          and (database is null or database::pg_catalog.text = any($1::pg_catalog.text[]))
        order by 1`,
      [databases],
    )
    return rows.map(({ name, type, plugin, database }) => ({
      severity: 'warning',
      database: database ?? undefined,
      object: name,
      message: `The ${type} replication slot ${quoteIdentifier(name)} is not moved. Whoever reads from it (a standby, a subscriber, change data capture) must be set up anew on the target.`,
      remedy:
        type === 'logical'
          ? `-- on the target, in the database, once its consumer has read everything from the source\nselect pg_create_logical_replication_slot(${quoteLiteral(name)}, ${quoteLiteral(plugin ?? 'pgoutput')});\n-- then on the source\nselect pg_drop_replication_slot(${quoteLiteral(name)});`
          : `-- on the target, when its standby is made anew from there\nselect pg_create_physical_replication_slot(${quoteLiteral(name)});\n-- then on the source\nselect pg_drop_replication_slot(${quoteLiteral(name)});`,
    }))
  },
}

const subscription: DatabaseCheck = {
  name: 'subscription',
  scope: 'database',
  subject: 'subscriptions',
  worst: 'warning',
  async run(context) {
    const { source, sourceSession, freezeSource } = context
    const rows = await sourceSession.query<SubscriptionRow>(
      `select s.subname::pg_catalog.text as name, s.subenabled as "isEnabled",
              s.subslotname is not null as "hasSlot",
              ${source.facts.major >= 15 ? `nullif(s.subskiplsn, '0/0')::pg_catalog.text` : 'null'} as "skipped"
         from pg_catalog.pg_subscription s
         join pg_catalog.pg_database d on d.oid = s.subdbid
        where d.datname = pg_catalog.current_database() order by 1`,
    )
    if (rows.length === 0) return []
    const refused = (await readRefusedSubscriptions(context)).map(({ name }) => name)
    return rows.map((row) => {
      const told = withSkipped(
        row,
        source.facts.isSuperuser ? arriving(row, !refused.includes(row.name)) : leftBehind(row),
      )
      const isThreat = freezeSource && row.isEnabled
      return {
        severity: 'warning',
        object: row.name,
        ...(isThreat ? writingWhileFrozen(row, told) : told),
      }
    })
  },
}

type Told = Pick<Found, 'message' | 'remedy'>

interface SubscriptionRow {
  readonly name: string
  readonly isEnabled: boolean
  /** One without receives nothing, and cannot be enabled. */
  readonly hasSlot: boolean
  /** Where the publisher finished the transaction that ALTER SUBSCRIPTION … SKIP passes over; null where it passes over none. */
  readonly skipped: string | null
}

/** What may not be created is told by `needs-superuser`, and some providers let it pass. */
function arriving({ name, isEnabled, hasSlot }: SubscriptionRow, mayArrive: boolean): Told {
  const where = mayArrive ? '' : ', if the provider lets it pass,'
  const subject = `The subscription ${quoteIdentifier(name)}${where} arrives disabled`
  if (!hasSlot) {
    return {
      message: `${subject} and without a slot, as it is on the source.`,
      remedy: 'Before it is enabled on the target, it needs a slot: set (slot_name = …).',
    }
  }
  return {
    message: `${subject}, with the connection and the slot that the source's uses${isEnabled ? ', and the source goes on receiving' : ''}. Two servers must never share the slot.`,
    remedy: handOver(quoteIdentifier(name)),
  }
}

function leftBehind({ name, hasSlot }: SubscriptionRow): Told {
  const slot = hasSlot ? ", once the source's has let go of the slot" : ''
  return {
    message: `The subscription ${quoteIdentifier(name)} is not moved: pg_dump reads subscriptions only as a superuser.`,
    remedy: `Use a superuser in "source-url", or create it on the target by hand WITH (create_slot = false, slot_name = …, copy_data = false)${slot}.`,
  }
}

/** What is passed over is no part of a dump: without it, the target would stop at the same transaction. */
function withSkipped({ name, skipped }: SubscriptionRow, { message, remedy = '' }: Told): Told {
  if (skipped === null) return { message, remedy }
  const skip = `alter subscription ${quoteIdentifier(name)} skip (lsn = ${quoteLiteral(skipped)});`
  const enable = `alter subscription ${quoteIdentifier(name)} enable;`
  return {
    message: `${message} That it passes over the transaction which ends at ${skipped} (ALTER SUBSCRIPTION … SKIP) does not arrive.`,
    remedy: remedy.includes(enable)
      ? remedy.replace(enable, `${skip}\n${enable}`)
      : `${remedy} Before it is enabled there, say again: ${skip}`,
  }
}

/** A subscription writes to a read-only database as well; what hands it over then has to set that aside. */
function writingWhileFrozen({ name }: SubscriptionRow, { message, remedy = '' }: Told): Told {
  const disable = `alter subscription ${quoteIdentifier(name)} disable;`
  return {
    message: `${message} "freeze-source" is set, and does not stop a subscription: what it receives while the databases are moved is written to the source alone. Disable it before the run.`,
    remedy: remedy.startsWith('--')
      ? `-- on the source, before the run\n${disable}\n${remedy.replace('\n', '\nset default_transaction_read_only = off;\n')}`
      : remedy,
  }
}

function handOver(name: string): string {
  return [
    '-- on the source, when the target takes over',
    `alter subscription ${name} disable;`,
    `alter subscription ${name} set (slot_name = none);`,
    '-- then on the target, in the database',
    `alter subscription ${name} enable;`,
    `alter subscription ${name} refresh publication with (copy_data = false);`,
  ].join('\n')
}

const publication: DatabaseCheck = {
  name: 'publication',
  scope: 'database',
  subject: 'publications',
  worst: 'note',
  async run({ source, sourceSession, target }) {
    const rows = await sourceSession.query<{ name: string; isSuperusers: boolean }>(
      `select p.pubname::pg_catalog.text as name, p.oid in (
                select s.oid from (${superusersPublications(source.facts.major).join('\nunion all\n')}) s (kind, catalog, oid)
              ) as "isSuperusers"
         from pg_catalog.pg_publication p
        where ${isUsers('pg_publication', 'p')} order by 1`,
    )
    return rows.map(({ name, isSuperusers }) => ({
      severity: 'note',
      object: name,
      // What may not be created is told by `needs-superuser`, and some providers let it pass.
      message: `The publication ${quoteIdentifier(name)} is moved${isSuperusers && !target.facts.isSuperuser ? ', if the provider lets it pass' : ''}, its subscribers are not: they go on reading from the source until they are told otherwise.`,
      remedy: `On each subscriber, once it has everything from the source, ALTER SUBSCRIPTION … CONNECTION with the address of the target.`,
    }))
  },
}

const hiddenMapping: DatabaseCheck = {
  name: 'user-mapping-hidden',
  scope: 'database',
  subject: 'the options of user mappings',
  worst: 'warning',
  async run({ source, sourceSession }) {
    if (source.facts.isSuperuser) return []
    const rows = await sourceSession.query<{ server: string; user: string }>(
      `select srvname::pg_catalog.text as server, usename::pg_catalog.text as "user"
         from pg_catalog.pg_user_mappings where umoptions is null order by 1, 2`,
    )
    return rows.map(({ server, user }) => ({
      severity: 'warning',
      object: `${user} on ${server}`,
      message: `All options of the user mapping of ${quoteIdentifier(user)} for the server ${quoteIdentifier(server)}, user and password among them, may be hidden from this role; it then arrives without any.`,
      remedy: `-- on the target, in the database, after the upgrade; with every option that its owner sees in the source's pg_user_mappings\nalter user mapping for ${user === 'public' ? user : quoteIdentifier(user)} server ${quoteIdentifier(server)} options (add user '…', add password '…');`,
      remedyInDatabase: false,
    }))
  },
}

export const notCarriedChecks: readonly Check[] = [slot, subscription, publication, hiddenMapping]
