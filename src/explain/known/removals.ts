/** Errors about what the target's major no longer has, and tools of another major. */
import type { KnownError } from './known-error.js'

/** Errors about what the target's major no longer has, and tools of another major, with what they mean. */
export const removalErrors: readonly KnownError[] = [
  {
    pattern:
      /^type "(?:[\w.]*\.)?"?(abstime|reltime|tinterval|unknown)"?(?:\[\])?" does not exist|column ".*" has pseudo-type unknown/,
    cause: "The target's major no longer has the type.",
    remedy: 'Change the column to another type on the source; "mode: check" says how.',
    heading: 'removed-type',
  },
  {
    pattern:
      /^child column ".*" specifies generation expression|^column ".*" in child table must not be a generated column/,
    cause:
      "PostgreSQL 16 no longer lets a child table generate a column where the parent's is an ordinary one.",
    remedy: 'Take the expression away on the source; "mode: check" says how.',
    heading: 'generated-child',
  },
  {
    pattern:
      /[Pp]ostfix operators are not supported|operator right argument type must be specified/,
    cause: 'PostgreSQL 14 removed postfix operators.',
    remedy: 'Drop the operator on the source.',
    heading: 'removed-postfix-operator',
  },
  {
    pattern:
      /^function (?:\w+\.)?(?:array_append|array_prepend|array_cat|array_remove|array_replace|array_positions?|width_bucket)\(.*any(?:array|element).*\) does not exist/,
    cause: 'The array functions take anycompatible arguments since PostgreSQL 14.',
    remedy:
      'Drop the aggregate or operator on the source, and create it on the target with anycompatiblearray.',
    heading: 'removed-polymorphic',
  },
  {
    pattern:
      /^encoding conversion function .* |conversion function .* must return type|^function .*\(integer, integer, cstring, internal, integer, boolean\) does not exist/,
    cause: 'PostgreSQL 14 changed the form of encoding conversions.',
    remedy: 'Drop the conversion on the source.',
    heading: 'removed-conversion',
  },
  {
    pattern:
      /^unrecognized configuration parameter "(transaction_timeout|idle_session_timeout|default_table_access_method|row_security|idle_in_transaction_session_timeout)"/,
    when: /^SET /,
    cause:
      'The client tools are newer than the target: they set a parameter that it does not know.',
    remedy: 'Leave "client-version" at auto, so that the tools have the target\'s major.',
    heading: 'client-version-mismatch',
  },
  {
    pattern:
      /^unrecognized configuration parameter "(.+?)"|^tables declared WITH OIDS are not supported|^permission denied to set parameter "(.+?)"|^invalid value for parameter "(.+?)"|^parameter "(.+?)" cannot be (?:changed|set)/,
    cause:
      'A function, role or database of the source has a setting that the target does not know or does not allow.',
    remedy: '-- on the source\nalter function the_function reset the_parameter;',
    heading: 'function-setting-unknown',
  },
  {
    pattern: /server version mismatch/,
    cause:
      'The server is newer than the client tools: pg_dump refuses such a server, and since 18 so does pg_restore.',
    remedy: 'Leave "client-version" at auto, so that the tools have the target\'s major.',
    heading: 'client-version-mismatch',
  },
  {
    pattern: /invalid command \\(?:un)?restrict|unsupported version \(\d+\.\d+\) in file header/,
    cause:
      'One of the client tools is older than the one that wrote the dump, or of a minor before August 2025.',
    remedy: 'Leave "client-version" at auto, and install the newest minor of the tools.',
    heading: 'client-version-mismatch',
  },
]
