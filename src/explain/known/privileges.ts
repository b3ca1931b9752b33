/** Errors about what a role may not do or read, and roles that are not there. */
import { quoteIdentifier } from '../../server/index.js'
import { quotedGroup, type KnownError } from './known-error.js'

/** Errors about what a role may not do or read, and roles that are not there, with what they mean. */
export const privilegeErrors: readonly KnownError[] = [
  {
    pattern:
      /^must be superuser to (?:alter|change|set grantor)|^permission denied to (?:alter|create|drop) role|^permission denied to grant (?:role|privileges as role) |^must have (?:admin option on role|CREATEROLE)|^only superusers can grant role/,
    side: 'target',
    cause:
      'An attribute or a membership of a role is not for the role of target-url to give: it needs SUPERUSER, or the ADMIN option.',
    remedy:
      'Give it on the target as a superuser or with the means of the provider; the report names the roles.',
    heading: 'role-not-carried',
  },
  {
    pattern: /^permission denied to create database/,
    side: 'target',
    cause: 'The role of target-url lacks CREATEDB.',
    remedy: '-- on the target, as an administrator\nalter role the_role_of_target_url createdb;',
    heading: 'target-cannot-create-databases',
  },
  {
    pattern:
      /^permission denied to create event trigger|must be superuser to create|^only superusers? can |^permission denied to create (?:base type|text search|publication|subscription|foreign-data wrapper|access method|operator class)|^permission denied for language (?:c|internal)$|^must be owner of type |[Mm]ust be superuser to (?:create|specify)|^aggregate transition data type cannot be internal|^permission denied for foreign(?:-data wrapper| server) /,
    cause:
      'Only a superuser may create this kind of object (on 16 and later some other privileged role).',
    remedy:
      'Use a superuser in target-url where there is one; otherwise drop the object on the source, or exclude it with "pg-restore-args".',
    heading: 'needs-superuser',
  },
  {
    pattern:
      /^permission denied to change owner of (event trigger|foreign-data wrapper|subscription) "(.+?)"/,
    cause: 'Only a superuser may own it, and its owner is none on the target.',
    remedy: (match) =>
      `-- on the source, as a superuser\nalter ${match[1]?.replace('-', ' ') ?? ''} ${quotedGroup(match, 2)} owner to current_user;`,
    heading: 'owner-not-superuser',
  },
  {
    pattern: /^permission denied for (?:table|relation|view|function) "?pg_\w+/,
    cause:
      'The source grants privileges on the system catalogs, which the target lets no one but a superuser do.',
    remedy:
      '-- on the source\nrevoke all on the table of the system from the roles that were given it',
    heading: 'needs-superuser',
  },
  {
    pattern:
      /^(?:must be (?:member of role|able to SET ROLE)|permission denied to set role) "(.+?)"/,
    side: 'target',
    cause: "The target's role may not act as the owner that the object should get.",
    remedy: (match) =>
      `-- on the target, as an administrator\ngrant ${quotedGroup(match)} to current_user;`,
    heading: 'role-not-settable',
  },
  {
    pattern: /^permission denied to change default privileges/,
    side: 'target',
    cause: "The target's role may not change another role's default privileges.",
    remedy: '-- on the target, as an administrator\ngrant the_other_role to current_user;',
    heading: 'role-not-settable',
  },
  {
    pattern: /^role (?:"\d+"|with OID \d+) does not exist/,
    cause:
      'A role that was dropped on the source still stands there as owner or in privileges: a dump has its number instead of a name.',
    remedy:
      'Run with "mode: check": its finding "role-vanished" has the statements for the source.',
    heading: 'role-vanished',
  },
  {
    pattern: /^role "(.+?)" does not exist/,
    cause:
      'A role that the source has is not on the target: it was skipped, belongs to the provider, or was created on the source after the run had moved the roles.',
    remedy: (match) =>
      `Where it is new on the source, run again: the next run moves it with its login and password. Otherwise:\n-- on the target\ncreate role ${quotedGroup(match)};`,
    heading: 'role-missing',
  },
  {
    pattern: /query would be affected by row-level security policy/,
    cause: 'Row-level security applies to the role that reads the table, and could hide rows.',
    remedy:
      '-- as a superuser, on the server that refuses\nalter role the_role_that_reads bypassrls;',
    heading: 'row-security',
  },
  {
    pattern: /^permission denied for sequence/,
    when: /LOCK TABLE|COPY|SELECT/i,
    cause: "The source's role may not read a sequence.",
    remedy:
      '-- on the source\ngrant select on all sequences in schema the_schema to the_role_of_source_url;',
    heading: 'unreadable-sequence',
  },
  {
    pattern: /^permission denied for large object (\d+)/,
    cause: "The source's role may not read a large object.",
    remedy: (match) =>
      `-- on the source\ngrant select on large object ${match[1] ?? ''} to the_role_of_source_url;`,
    heading: 'unreadable-large-object',
  },
  {
    pattern: /^permission denied for (?:table|relation) |^permission denied for schema /,
    when: /^(?:LOCK TABLE|COPY .* TO |SELECT|DECLARE)/i,
    cause: "The source's role may not read a table.",
    remedy:
      '-- on the source\ngrant usage on schema the_schema to the_role_of_source_url;\ngrant select on all tables in schema the_schema to the_role_of_source_url;',
    heading: 'unreadable-table',
  },
  {
    // The validation's own reading: what it says around the server's message names the side.
    pattern:
      /^Could not read table .+ on the (source|target): permission denied for (?:table|relation|schema) /,
    cause:
      'The role that compares may not read a table. Since PostgreSQL 16 creating a role does not give its rights, and a run returns those that it borrowed.',
    remedy: (match) =>
      `-- on the ${match[1] ?? 'target'}, as an administrator; before PostgreSQL 14 the owner of the tables instead of pg_read_all_data\ngrant pg_read_all_data to the_role_that_compares;`,
    heading: 'unreadable-table',
  },
  {
    pattern:
      /^Could not read table .+ on the (source|target): permission denied for (?:function|procedure|aggregate) (\S+)/,
    cause:
      'To plan a query, the server calls functions that stand with constants in an index or in statistics of the table, and the role that compares may not execute one.',
    remedy: (match) =>
      `-- on the ${match[1] ?? 'source'}, as the owner of the function or a superuser\ngrant execute on function ${quotedGroup(match, 2)} to the_role_that_compares;`,
    heading: 'unreadable-table',
  },
  {
    // Without a statement it is about CONNECT, and says so.
    pattern: /^permission denied for database "?(.+?)"?$/,
    when: /^(?:CREATE|ALTER|COMMENT|GRANT)/i,
    side: 'target',
    cause: 'Who creates a schema, an extension or a publication needs CREATE on the database.',
    remedy: (match) =>
      `-- on the target\ngrant create on database ${quotedGroup(match)} to the_owner;`,
    heading: 'role-not-settable',
  },
  {
    pattern: /^permission denied for schema "?(.+?)"?$/,
    when: /SET SESSION AUTHORIZATION (?:"((?:[^"]|"")+)"|([^\s;]+));/,
    cause:
      'The dump grants privileges in the name of the role that granted them, which has no USAGE on the schema any more.',
    remedy: (match, around) =>
      `-- on the source\ngrant usage on schema ${quotedGroup(match)} to ${quoteIdentifier(around?.[1]?.replaceAll('""', '"') ?? around?.[2] ?? '')};`,
    heading: 'grantor-usage',
  },
  {
    pattern: /^permission denied for schema "?(\w+)"?|^must be owner of /,
    side: 'target',
    cause:
      'The object belongs to another role than the one of target-url, or its new owner may not create in its schema: since PostgreSQL 15 not everybody may create in "public".',
    remedy: (match) =>
      `-- on the target\ngrant create on schema ${quoteIdentifier(match[1] ?? 'public')} to the_owner;`,
    heading: 'role-not-settable',
  },
]
