/** Makes databases of the source read-only while they are moved. */
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, QueryError, throwIfCancelled, UpgradeError } from '../../errors.js'
import type { Log } from '../../log.js'
import { freezeLockClass } from './freeze-lock.js'
import { freezingValue, isReadOnly, readOnlySetting, valueBeforeFreeze } from './freeze-mark.js'
import { quoteIdentifier, quoteLiteral } from '../quote.js'
import type { Server } from '../server.js'
import { eventTriggersOff } from '../session/session-settings.js'
import type { Session } from '../session/session.js'
import { readPrepared, readWriters } from './writers.js'

const pollMs = 200
/** How long an ended session may take to be gone. */
const endMs = 10_000

/** What was set before, so that it can be set again; holds no secret and survives being written as JSON. */
export interface Freeze {
  readonly databases: readonly FrozenDatabase[]
}

export interface FrozenDatabase {
  readonly name: string
  /** The database's own value before any freeze; null where it had none. */
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
      await freezeDatabase(session, source, database, options)
      options.log.info(`Database ${JSON.stringify(database.name)} is read-only on the source.`)
    }
    return freeze
  })
}

async function freezeDatabase(
  session: Session,
  source: Server,
  database: FrozenDatabase,
  options: FreezeOptions,
): Promise<void> {
  const { name } = database
  try {
    await setReadOnly(session, database)
    await waitForWriters(session, source, name, options)
    await endSessions(session, source, name, options.log)
    await waitForPrepared(session, name, options)
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    throw failed(name, messageOf(error), {
      hint: error.sqlState === notAllowed ? rightsHint : writersHint,
      cause: error,
    })
  }
  if (await takesWrites(source, name)) throw failed(name, 'new transactions can still write')
}

/** Our own sessions on the source only read, unless they say otherwise. */
export function withWriter<T>(source: Server, work: (session: Session) => Promise<T>): Promise<T> {
  return source.withSession(undefined, work, { settings: { [readOnlySetting]: 'off' } })
}

/** One value of the setting that makes read-only. */
export interface ReadOnlyValue {
  /** Null for the database itself. */
  readonly role: string | null
  /** False where the role has it in every database. */
  readonly here: boolean
  readonly value: string
}

/** The values that the database has, its roles have in it, and roles have in every database. */
export function readOnlyValues(session: Session, name: string): Promise<ReadOnlyValue[]> {
  return session.query<ReadOnlyValue>(
    `select r.rolname::pg_catalog.text as role, s.setdatabase <> 0 as here,
            pg_catalog.split_part(c, '=', 2) as value
       from pg_catalog.pg_db_role_setting s
      cross join pg_catalog.unnest(s.setconfig) as c
       left join pg_catalog.pg_roles r on r.oid = s.setrole
      where pg_catalog.split_part(c, '=', 1) = $2::pg_catalog.text
        and (s.setdatabase = 0 and r.oid is not null
             or s.setdatabase = (select d.oid from pg_catalog.pg_database d where d.datname = $1::pg_catalog.name))`,
    [name, readOnlySetting],
  )
}

/** What was set before, even where an earlier run has left the database frozen. */
export async function readBefore(session: Session, name: string): Promise<FrozenDatabase> {
  const rows = await readOnlyValues(session, name)
  const roles = [...new Set(rows.flatMap(({ role }) => (role === null ? [] : [role])))]
  const valueOf = (role: string | null) => {
    const own = rows.find((row) => row.here && row.role === role)
    const value = own === undefined ? null : valueBeforeFreeze(own.value)
    // `false` as well is off: a later run, which has the mark alone, is to say the same as this one.
    return value === null || isReadOnly(value) ? value : 'off'
  }
  return {
    name,
    before: valueOf(null),
    roles: roles.map((role) => ({ role, before: valueOf(role) })),
  }
}

/**
 * The statements that set or reset the database's value, and those of the roles that have one of their own. What was read-only
 * before stays as it is, in a freeze and after it: it has no statement.
 */
export function changeStatements(
  database: FrozenDatabase,
  valueFor: (owner: { readonly before: string | null }) => string | null,
): { readonly role: string | null; readonly sql: string }[] {
  const name = quoteIdentifier(database.name)
  const change = (value: string | null) =>
    value === null ? `reset ${readOnlySetting}` : `set ${readOnlySetting} = ${quoteLiteral(value)}`
  return [{ role: null, before: database.before }, ...database.roles]
    .filter(({ before }) => before === null || !isReadOnly(before))
    .map((owner) => {
      const { role } = owner
      const whose =
        role === null ? `database ${name}` : `role ${quoteIdentifier(role)} in database ${name}`
      return { role, sql: `alter ${whose} ${change(valueFor(owner))}` }
    })
}

async function setReadOnly(session: Session, database: FrozenDatabase): Promise<void> {
  const statements = changeStatements(database, ({ before }) => freezingValue(before))
  for (const { sql } of statements) await session.query(sql)
}

/** Waits as long as `count` finds writers, but not beyond the grace; says once for what. Returns whether none is left. */
async function waitUntilNone(
  count: () => Promise<number>,
  { graceSeconds, signal, log }: FreezeOptions,
  waitingFor: (count: number) => string,
): Promise<boolean> {
  const deadline = Date.now() + graceSeconds * 1000
  for (let told = false; ; told = true) {
    throwIfCancelled(signal)
    const left = await count()
    if (left === 0) return true
    if (Date.now() >= deadline) return false
    if (!told) log.info(`Waiting up to ${graceSeconds} seconds for ${waitingFor(left)}`)
    await sleep(pollMs)
  }
}

async function waitForWriters(
  session: Session,
  source: Server,
  database: string,
  options: FreezeOptions,
): Promise<void> {
  const name = JSON.stringify(database)
  const count = async () =>
    (await readWriters(session, database, source.applicationName)).sessions.length
  await waitUntilNone(count, options, (writers) => {
    const what = writers === 1 ? '1 writing transaction' : `${writers} writing transactions`
    return `${what} of ${name}; what has not ended by then is ended and rolled back.`
  })
}

/** COMMIT PREPARED goes through in a read-only database as well, and only whoever has prepared knows whether it is to come. */
async function waitForPrepared(
  session: Session,
  database: string,
  options: FreezeOptions,
): Promise<void> {
  let left: string[] = []
  const count = async () => {
    left = (await readPrepared(session, [database])).map(({ id }) => quoteLiteral(id))
    return left.length
  }
  const isDecided = await waitUntilNone(
    count,
    options,
    () => `prepared transactions of ${JSON.stringify(database)} to be decided: ${left.join(', ')}.`,
  )
  if (isDecided) return
  throw failed(
    database,
    `prepared transactions are neither committed nor rolled back: ${left.join(', ')}`,
    { hint: preparedHint },
  )
}

interface EndedSession {
  readonly pid: number
  readonly user: string | null
  readonly application: string | null
  readonly isWriting: boolean
}

/** Ends what began before the freeze, but for the sessions of this run and those by which others keep a freeze, and says whose sessions those were. */
async function endSessions(
  session: Session,
  source: Server,
  database: string,
  log: Log,
): Promise<void> {
  const deadline = Date.now() + endMs
  // A role that may not see what the sessions of others do sees no type of them either.
  const sessions = await session.query<EndedSession>(
    `select a.pid, a.usename::pg_catalog.text as user, a.application_name as application,
            a.backend_xid is not null as "isWriting"
       from pg_catalog.pg_stat_activity a
      where a.datname = $1::pg_catalog.name and a.usesysid is not null
        and coalesce(a.backend_type, 'client backend') = 'client backend'
        and a.application_name <> $2::pg_catalog.text
        and not exists (select from pg_catalog.pg_locks l
                         where l.pid = a.pid and l.locktype = 'advisory'
                           and l.classid::pg_catalog.int4 = $3::pg_catalog.int4)`,
    [database, source.applicationName, freezeLockClass],
  )
  const processes = sessions.map(({ pid }) => pid)
  for (const told of sessions) log.info(describeEnded(database, told))
  for (;;) {
    const left = await session.query(
      `select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
        where a.pid = any($1::pg_catalog.int4[]) and a.datname = $2::pg_catalog.name`,
      [processes, database],
    )
    if (left.length === 0) return
    if (Date.now() >= deadline) {
      throw failed(
        database,
        left.length === 1 ? '1 session does not end' : `${left.length} sessions do not end`,
      )
    }
    await sleep(pollMs)
  }
}

function describeEnded(
  database: string,
  { pid, user, application, isWriting }: EndedSession,
): string {
  const whose = `user ${JSON.stringify(user ?? '')}, application ${JSON.stringify(application ?? '')}`
  const what = isWriting ? '; its transaction was writing and is rolled back' : ''
  return `Ending a session of ${JSON.stringify(database)} on the source: process ${pid}, ${whose}${what}.`
}

/** Looks at the database as a session of anybody would find it, but for what an event trigger writes at a login. */
export async function takesWrites(source: Server, database: string): Promise<boolean> {
  const rows = await source.withSession(
    database,
    (session) =>
      session.query<{ value: string }>(
        `select pg_catalog.current_setting('transaction_read_only') as value`,
      ),
    { asConfigured: true, settings: eventTriggersOff(source.facts) },
  )
  return rows[0]?.value !== 'on'
}

function failed(
  database: string,
  what: string,
  { hint = writersHint, cause }: { readonly hint?: string; readonly cause?: QueryError } = {},
): UpgradeError {
  return new UpgradeError(
    `Database ${JSON.stringify(database)} could not be frozen on the source: ${what.replace(/\.$/, '')}.`,
    { code: 'freeze-failed', side: 'source', hint, cause },
  )
}

/** Insufficient privilege. */
const notAllowed = '42501'
const rightsHint =
  'The role of "source-url" has to be a superuser on the source; or to own the databases, to be a member of pg_signal_backend, and to have CREATEROLE where a role has a default_transaction_read_only of its own.'
const writersHint =
  'Stop what writes to the source before the run, or run without freeze-source and look at the drift that the report tells.'
const preparedHint =
  'Commit them on the source, in the database, with COMMIT PREPARED, or roll them back with ROLLBACK PREPARED, then run again: what they have written would be missing on the target.'
