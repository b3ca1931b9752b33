/** Makes databases of the source read-only while they are moved, and gives them back as they were. */
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, throwIfCancelled, UpgradeError } from '../errors.js'
import type { Log } from '../log.js'
import { quoteIdentifier, quoteLiteral } from './quote.js'
import type { Server } from './server.js'
import type { Session } from './session.js'

const setting = 'default_transaction_read_only'
const pollMs = 200
/** How long an ended session may take to be gone. */
const endMs = 10_000

/** What was set before, so that it can be set again; holds no secret and survives being written as JSON. */
export interface Freeze {
  readonly databases: readonly FrozenDatabase[]
}

export interface FrozenDatabase {
  readonly name: string
  /** The database's own value before; null where it had none. */
  readonly before: string | null
  /** Roles whose own setting would have won over the database's, with their value in this database before. */
  readonly roles: readonly { readonly role: string; readonly before: string | null }[]
}

export interface FreezeOptions {
  readonly databases: readonly string[]
  /** How long transactions that have written may take to end by themselves. */
  readonly graceSeconds: number
  readonly log: Log
  readonly signal: AbortSignal
  /** Called before anything is changed, so that a later process can release what this one froze. */
  readonly onFreeze: (freeze: Freeze) => void
}

/**
 * Makes every new transaction of every role read-only by default, waits for those that are writing, and ends all
 * other sessions, because a session keeps the default it began with. Who sets its transaction to read write by
 * hand can still write: that shows as drift. Fails with `freeze-failed`; what was changed by then is for
 * `releaseSource`.
 */
export async function freezeSource(source: Server, options: FreezeOptions): Promise<Freeze> {
  return withWriter(source, async (session) => {
    const databases: FrozenDatabase[] = []
    // One after the other: a session runs one statement at a time.
    for (const name of options.databases) databases.push(await readBefore(session, name))
    const freeze = { databases }
    options.onFreeze(freeze)
    for (const database of databases) {
      throwIfCancelled(options.signal)
      await setAll(session, database, () => 'on')
      await waitForWriters(session, database.name, options)
      await endSessions(session, source, database.name)
      await proveFrozen(source, database.name)
      options.log.info(`Database ${JSON.stringify(database.name)} is read-only on the source.`)
    }
    return freeze
  })
}

/** Sets everything as it was before. Tries all of it, then fails with the first error, if there was one. */
export async function releaseSource(source: Server, freeze: Freeze): Promise<void> {
  const failures: unknown[] = []
  await withWriter(source, async (session) => {
    for (const database of freeze.databases) {
      await setAll(session, database, ({ before }) => before).catch((error: unknown) => {
        failures.push(error)
      })
    }
  })
  const [failure] = failures
  if (failure === undefined) return
  const names = freeze.databases.map(({ name }) => quoteIdentifier(name))
  throw new UpgradeError(`The source could not be released: ${messageOf(failure)}`, {
    code: 'release-failed',
    side: 'source',
    hint: `Run: ${names.map((name) => `alter database ${name} reset ${setting};`).join(' ')}`,
    cause: failure,
  })
}

/** Our own sessions on the source only read, unless they say otherwise. */
function withWriter<T>(source: Server, work: (session: Session) => Promise<T>): Promise<T> {
  return source.withSession(undefined, work, { settings: { [setting]: 'off' } })
}

async function readBefore(session: Session, name: string): Promise<FrozenDatabase> {
  const rows = await session.query<{ role: string | null; here: boolean; value: string }>(
    `select r.rolname::pg_catalog.text as role, s.setdatabase <> 0 as here,
            pg_catalog.split_part(c, '=', 2) as value
       from pg_catalog.pg_db_role_setting s
      cross join pg_catalog.unnest(s.setconfig) as c
       left join pg_catalog.pg_roles r on r.oid = s.setrole
      where pg_catalog.split_part(c, '=', 1) = $2::pg_catalog.text
        and (s.setdatabase = 0 and r.oid is not null
             or s.setdatabase = (select d.oid from pg_catalog.pg_database d where d.datname = $1::pg_catalog.name))`,
    [name, setting],
  )
  const roles = [...new Set(rows.flatMap(({ role }) => (role === null ? [] : [role])))]
  const valueOf = (role: string | null) =>
    rows.find((row) => row.here && row.role === role)?.value ?? null
  return {
    name,
    before: valueOf(null),
    roles: roles.map((role) => ({ role, before: valueOf(role) })),
  }
}

/** Sets or resets the database's value and those of the roles that have one of their own. */
async function setAll(
  session: Session,
  database: FrozenDatabase,
  valueFor: (owner: { readonly before: string | null }) => string | null,
): Promise<void> {
  const name = quoteIdentifier(database.name)
  const change = (value: string | null) =>
    value === null ? `reset ${setting}` : `set ${setting} = ${quoteLiteral(value)}`
  await session.query(`alter database ${name} ${change(valueFor(database))}`)
  for (const owner of database.roles) {
    const role = quoteIdentifier(owner.role)
    await session.query(`alter role ${role} in database ${name} ${change(valueFor(owner))}`)
  }
}

/** A transaction that has written has a transaction identifier. */
async function waitForWriters(
  session: Session,
  database: string,
  { graceSeconds, signal, log }: FreezeOptions,
): Promise<void> {
  const deadline = Date.now() + graceSeconds * 1000
  for (let told = false; ; told = true) {
    throwIfCancelled(signal)
    const [row] = await session.query<{ writers: number }>(
      `select pg_catalog.count(*)::pg_catalog.int4 as writers from pg_catalog.pg_stat_activity a
        where a.datname = $1::pg_catalog.name and a.backend_xid is not null
          and a.pid <> pg_catalog.pg_backend_pid()`,
      [database],
    )
    const writers = row?.writers ?? 0
    if (writers === 0 || Date.now() >= deadline) return
    if (!told)
      log.info(`Waiting for ${writers} writing transactions of ${JSON.stringify(database)}.`)
    await sleep(pollMs)
  }
}

/** Ends what began before the freeze, but for the sessions of this run. */
async function endSessions(session: Session, source: Server, database: string): Promise<void> {
  const deadline = Date.now() + endMs
  const [start] = await session.query<{ now: string }>(
    'select pg_catalog.clock_timestamp()::pg_catalog.text as now',
  )
  for (;;) {
    const others = await session.query(
      `select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
        where a.datname = $1::pg_catalog.name and a.backend_type = 'client backend'
          and a.backend_start < $2::pg_catalog.timestamptz
          and a.application_name <> $3::pg_catalog.text`,
      [database, start?.now, source.applicationName],
    )
    if (others.length === 0) return
    if (Date.now() >= deadline) {
      throw failed(database, `${others.length} sessions do not end`)
    }
    await sleep(pollMs)
  }
}

/** Looks at the database as a session of anybody would find it. */
async function proveFrozen(source: Server, database: string): Promise<void> {
  const rows = await source.withSession(
    database,
    (session) =>
      session.query<{ value: string }>(
        `select pg_catalog.current_setting('transaction_read_only') as value`,
      ),
    { asConfigured: true },
  )
  if (rows[0]?.value !== 'on') throw failed(database, 'new transactions can still write')
}

function failed(database: string, what: string): UpgradeError {
  return new UpgradeError(
    `Database ${JSON.stringify(database)} could not be frozen on the source: ${what}.`,
    {
      code: 'freeze-failed',
      side: 'source',
      hint: 'Stop what writes to the source before the run, or run without freeze-source and look at the drift that the report tells.',
    },
  )
}
