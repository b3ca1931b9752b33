/** Errors about locks, connections, disks, and archives that end early. */
import { quotedGroup, type KnownError } from './known-error.js'

const snapshotLost = {
  cause: 'The session that held the snapshot on the source was lost.',
  remedy: "See the source's log for who ended it, or whether the source restarted, then run again.",
  heading: 'connection-lost',
}

/** By what the server calls them when they end a session. */
const timeouts = new Map([
  ['transaction', 'transaction_timeout'],
  ['idle-session', 'idle_session_timeout'],
  ['idle-in-transaction', 'idle_in_transaction_session_timeout'],
])

/** The columns that name the schema of an object, and the object. */
const inSchemas = [
  ['pg_class', 'rel'],
  ['pg_type', 'typ'],
  ['pg_proc', 'pro'],
  ['pg_operator', 'opr'],
  ['pg_opclass', 'opc'],
  ['pg_opfamily', 'opf'],
  ['pg_collation', 'coll'],
  ['pg_conversion', 'con'],
  ['pg_statistic_ext', 'stx'],
  ['pg_ts_config', 'cfg'],
  ['pg_ts_dict', 'dict'],
  ['pg_ts_parser', 'prs'],
  ['pg_ts_template', 'tmpl'],
] as const

function objectsOf(schema: string): string {
  const selects = inSchemas.map(
    ([catalog, prefix]) =>
      `select '${catalog}' as catalog, oid, ${prefix}name as name from ${catalog} where ${prefix}namespace = ${schema}`,
  )
  return `${selects.join('\nunion all ')};`
}

/** Errors about locks, connections, disks, and archives that end early, with what they mean. */
export const circumstanceErrors: readonly KnownError[] = [
  {
    pattern:
      /could not obtain lock on relation|canceling statement due to (?:lock|statement) timeout/,
    cause:
      'Another session holds or awaits an exclusive lock, or a time-out was set on the command line of a tool.',
    remedy:
      "-- on the server: who is it\nselect pid, query from pg_stat_activity where pid in (select pid from pg_locks where mode = 'AccessExclusiveLock');",
    heading: 'exclusive-lock',
  },
  {
    pattern:
      /^Definitions of database .* were changed on the source|cache lookup failed for|could not open relation with OID/,
    cause:
      'Somebody dropped, renamed or altered something on the source while the run was under way.',
    remedy:
      'Run again while nobody changes definitions: stop deployments, or set "freeze-source" to "true".',
    heading: 'definitions-changed',
  },
  {
    pattern: /^schema with OID (\d+) does not exist/,
    cause:
      'Objects of the source have a schema that is no longer in pg_namespace: old damage, which pg_upgrade keeps.',
    remedy: (match) =>
      `-- on the source, in the database: which they are; then drop them, once a superuser has given each a schema that is there (update pg_proc set pronamespace = 'public'::regnamespace where oid = …)\n${objectsOf(match[1] ?? '')}`,
    heading: 'schema-lost',
  },
  {
    pattern: /^out of shared memory/,
    cause: 'The lock table of the server is full.',
    remedy: (_match, _around, side) =>
      `Raise max_locks_per_transaction on ${side === 'source' || side === 'target' ? `the ${side}` : 'that server'} and restart it.`,
    heading: 'locks',
  },
  {
    pattern: /^deadlock detected/,
    side: 'target',
    cause:
      'Two sessions waited for each other; another session worked on the target, or an old pg_restore on partitioned foreign keys.',
    remedy: 'Run again with "jobs: 1", with nobody else on the target.',
    heading: 'deadlock',
  },
  {
    pattern: /^deadlock detected/,
    cause:
      'The run keeps the definitions of all tables of the source as they are, and kept meeting a session there that changes several of them, as a migration does: each waited for the other.',
    remedy:
      'Run again while nobody changes definitions: hold deployments and migrations back, or set "freeze-source" to "true".',
    heading: 'deadlock',
  },
  {
    pattern:
      /SQLSTATE 53100|could not extend file|could not write to (?:temporary )?file "?(?:base|pg_\w+)\//,
    cause: 'The disk of the server is full.',
    remedy:
      'Free or add disk there: the target needs the size of the database, and for its biggest index as much again while it is sorted. Staging databases that a killed run has left on the target may be dropped.',
    heading: 'disk-full',
  },
  {
    pattern: /No space left on device|[Dd]isk (?:is )?full|could not write to (?:output|file)/,
    cause: 'A disk is full: of dump-directory, or of the target.',
    remedy:
      'Free or add disk, or set "method" to "stream", which writes no dump. On the target look at pg_wal as well: a replication slot that nobody reads, or an archiving that fails, keeps all WAL.',
    heading: 'disk-full',
  },
  {
    pattern: /^unrecognized parameter "pg_attver"/,
    cause:
      'pg_dump is older than the newest minors of the source, and takes their mark of each column for an option.',
    remedy:
      'Let the run use the newest minor of the client tools, or update the target to its newest minor.',
    heading: 'pg-dump-outdated',
  },
  {
    pattern: /temporary file size exceeds "?temp_file_limit"?/,
    cause:
      'What a sort for an index, a constraint or a comparison writes is more than temp_file_limit allows a session. A superuser is not held to it by a run.',
    remedy:
      '-- on the server that said so, as a superuser or with the means of the provider\nalter role the_role_of_its_url set temp_file_limit = -1;',
    heading: 'temp-file-limit',
  },
  {
    pattern: /too many connections for (database|role) "(.+)"/,
    cause: 'The CONNECTION LIMIT of that database or role leaves no room; that of the server may.',
    remedy: (match) =>
      `Raise that limit for the run (ALTER ${match[1] === 'role' ? 'ROLE' : 'DATABASE'} ${quotedGroup(match, 2)} CONNECTION LIMIT), or close other sessions that count towards it. Fewer "jobs" do not help where it is below what one job needs.`,
    heading: 'connections',
  },
  {
    pattern: /remaining connection slots are reserved|too many (?:clients|connections)/,
    cause: 'The server has no free connection.',
    remedy: 'Lower "jobs", close other connections, or raise max_connections.',
    heading: 'connections',
  },
  {
    pattern: /^cannot execute .* in a read-only transaction/,
    cause:
      'The server takes no writes: it is a standby, or was made read-only (providers do so when the disk is nearly full).',
    remedy: 'Name the primary in "target-url"; where it is the primary, see how full its disk is.',
    heading: 'target-is-standby',
  },
  {
    pattern: /no pg_hba\.conf entry|pg_hba\.conf rejects connection|SSL connection is required/,
    cause:
      'The server does not let this client in: no rule allows its address, its role and the database together, or not with, or without, TLS.',
    remedy:
      'Allow the address of this machine in pg_hba.conf or the firewall rules of the server, for the role and for the database, also for those that begin with "upgrade_postgres_". Where the message says "no encryption" or "SSL off", set "sslmode" to "require" or more; where it says "SSL encryption" or "SSL on", and the rules want none (hostnossl), to "disable".',
    heading: 'not-allowed-by-server',
  },
  {
    pattern: /(?:canceling statement|terminating connection) due to conflict with recovery/,
    cause: 'The source is a standby, and a read conflicted with what it replays.',
    remedy:
      '-- on the standby\nalter system set max_standby_streaming_delay = -1;\nselect pg_reload_conf();',
    heading: 'source-is-standby',
  },
  {
    pattern:
      /^The session that held the snapshot on the source was lost|invalid snapshot identifier|could not import the requested snapshot|^snapshot ".*" does not exist/,
    ...snapshotLost,
  },
  {
    pattern: /^terminating connection due to administrator command/,
    cause:
      'Somebody ended the session (pg_terminate_backend, or a program that ends sessions which are idle or old), or the server was shut down.',
    remedy:
      "See the server's log for which of the two, and make sure that nobody ends the sessions of the run, which are named upgrade-postgres in pg_stat_activity. Then run again.",
    heading: 'connection-lost',
  },
  {
    pattern: /^(?:connection to|could not connect to) (?:server|database) .*timeout expired/,
    cause:
      'The server did not answer a tool that wanted to connect: the network to it was cut, or it was too busy, for more than three minutes.',
    remedy: (_match, _around, side) =>
      `See ${side === 'source' || side === 'target' ? `the log of the ${side}` : "the server's log"} for the moment of the error, and what is between it and this machine, then run again.`,
    heading: 'connection-lost',
  },
  {
    pattern: /terminating connection due to (transaction|idle-session|idle-in-transaction) timeout/,
    cause:
      'A time-out of the server ended the session before the run had lifted it: the role, the database or the server has one of a few milliseconds.',
    remedy: ([, kind = ''], _around, side) =>
      `-- on ${side === 'source' || side === 'target' ? `the ${side}` : 'the server that said so'}; the server's own (alter system) must leave time for a login\nalter role the_role_of_its_url set ${timeouts.get(kind) ?? ''} = 0;`,
    heading: 'connection-lost',
  },
  {
    pattern:
      /server closed the connection unexpectedly|SSL SYSCALL error|SSL connection has been closed|terminating connection|[Cc]onnection reset|could not (?:receive|send) data|the database system is (?:shutting down|starting up|in recovery)|no connection to the server|connection to server was lost/,
    cause:
      'The connection was lost: the server stopped or restarted, or something between dropped it.',
    remedy: "See the server's log for the moment of the error, then run again.",
    heading: 'connection-lost',
  },
  {
    pattern:
      /input file (?:is too short|does not appear to be a valid archive|appears to be a text format dump)|did not find magic string|unexpected end of file|could not read from input file/,
    cause: 'The archive ends early: pg_dump failed before pg_restore did.',
    remedy: "See pg_dump's own error.",
    heading: 'dump-incomplete',
  },
  // In whatever language: of what else may be wrong with this statement, the entries above know.
  { pattern: /^/, when: /^SET TRANSACTION SNAPSHOT\b/, ...snapshotLost },
]
