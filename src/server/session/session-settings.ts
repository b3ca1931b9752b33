/** The settings that every session on either server gets, ours and the client tools' alike, each with its reason. */
import type { ServerFacts } from '../facts.js'
import type { ServerSide } from '../server.js'

/** Settings by name, for one server and one role. The source is only read in any case. */
export function sessionSettings(
  side: ServerSide,
  {
    major,
    isSuperuser,
    choosesMessages,
    restrictsRelationKinds,
    silencing,
  }: Pick<
    ServerFacts,
    'major' | 'isSuperuser' | 'choosesMessages' | 'restrictsRelationKinds' | 'silencing'
  >,
  isOnlyRead = side === 'source',
): Record<string, string> {
  return {
    // No timeout of a role, database or server may end a transfer in its third hour.
    statement_timeout: '0',
    lock_timeout: '0',
    idle_in_transaction_session_timeout: '0',
    // A source stands still for as long as the target takes.
    ...(major >= 12 ? { tcp_user_timeout: '0' } : {}),
    ...(major >= 14 ? { idle_session_timeout: '0' } : {}),
    ...(major >= 17 ? { transaction_timeout: '0' } : {}),
    // Durable on the server itself. A synchronous standby that is away would hold every commit, without end, and the clean-up's too.
    synchronous_commit: 'local',
    // The server's own side of keepalives; the client's side is set on the socket.
    tcp_keepalives_idle: '10',
    tcp_keepalives_interval: '10',
    tcp_keepalives_count: '60',
    // The text of a value must not depend on whose session printed it. money is read in the
    // locale of the session, and no tool pins that.
    DateStyle: 'ISO',
    IntervalStyle: 'postgres',
    TimeZone: 'UTC',
    bytea_output: 'hex',
    extra_float_digits: '3',
    lc_monetary: 'C',
    xmlbinary: 'base64',
    // Read as a document, xml with several elements or plain text is refused.
    xmloption: 'content',
    // Off, "{NULL}" would be read as an array with the string NULL.
    array_nulls: 'on',
    // What a database or role may have set to be read differently by its own programs: off, the backslashes of
    // our own patterns would be lost, and with them every check that has one.
    standard_conforming_strings: 'on',
    quote_all_identifiers: 'off',
    transform_null_equals: 'off',
    // With a limit, an index returns some of the rows that it finds (manual, "GIN Tips and Tricks"), and it may be made to be used.
    gin_fuzzy_search_limit: '0',
    // On, what is refused ends the session, also where the refusal is the answer that was asked for.
    exit_on_error: 'off',
    enable_seqscan: 'on',
    // Without views, no materialized view on one is refreshed, and no query is compared. pg_dump sets its own.
    ...(restrictsRelationKinds ? { restrict_nonsystem_relation_kind: '' } : {}),
    // Serializable, deferrable and read-only, every statement would wait for all who write (manual, SET TRANSACTION).
    default_transaction_isolation: 'read committed',
    default_transaction_deferrable: 'off',
    // What the role may do is judged as itself, not as one that it becomes at every login.
    role: 'none',
    default_transaction_read_only: isOnlyRead ? 'on' : 'off',
    // The planner takes a question to the catalogs of thousands of tables for work that compiling pays for; it never does.
    ...(isOnlyRead && major >= 11 ? { jit: 'off' } : {}),
    // Known errors are told, and rows cut out of them, by their English words.
    ...(choosesMessages ? { lc_messages: 'C' } : {}),
    // What sorts for an index or a comparison takes the room that it needs.
    ...(isSuperuser ? { temp_file_limit: '-1' } : {}),
    // Left on after an accident, a page that cannot be read would be none, or one of wrong values, for the move and the comparison alike.
    ...(isSuperuser ? { zero_damaged_pages: 'off', ignore_checksum_failure: 'off' } : {}),
    ...eventTriggersOff({ major, isSuperuser }),
    // User mappings, subscriptions and roles are made by statements that hold their passwords.
    ...(isOnlyRead ? {} : silencing),
    ...(side === 'source'
      ? {
          // A policy that would hide rows is an error, never a smaller result.
          row_security: 'off',
          // Ranges of one table are read by several sessions, each from its first page.
          synchronize_seqscans: 'off',
        }
      : {
          // What the source has is made and run as it was there, also where the target is stricter with what is new.
          'plpgsql.extra_errors': 'none',
          ...(major >= 16 ? { icu_validation_level: 'disabled' } : {}),
        }),
  }
}

/** Those of users write at a login, or for every definition that a restore adds: neither is theirs to see. Only superusers may say so. */
export function eventTriggersOff({
  major,
  isSuperuser,
}: Pick<ServerFacts, 'major' | 'isSuperuser'>): Record<string, string> {
  return isSuperuser && major >= 17 ? { event_triggers: 'off' } : {}
}

/** A statement. A database in SQL_ASCII may hold any bytes; asked for UTF8, it would refuse to show those that are none. */
export const passBytesThrough = `select pg_catalog.set_config('client_encoding', 'SQL_ASCII', false)
  where pg_catalog.current_setting('server_encoding') operator(pg_catalog.=) 'SQL_ASCII'`

/** The `options` connection parameter (manual section 34.1.2): `-c name=value`, spaces and backslashes escaped. */
export function startupOptions(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)
    .join(' ')
}

/** The `options` of a connection string, with ours behind them. A backslash at its end escapes nothing; in front of ours, it would escape the space between. */
export function joinOptions(given: string | undefined, ours: string): string {
  return given === undefined ? ours : `${given.replace(/^((?:[^\\]|\\.)*)\\$/s, '$1')} ${ours}`
}
