/** Errors about extensions and libraries. */
import { quotedGroup, type KnownError } from './known-error.js'

/** Errors about extensions and libraries, with what they mean. */
export const extensionErrors: readonly KnownError[] = [
  {
    pattern:
      /can only create extension in database|"metadata_pkey"|_timescaledb_|_hyper_\d+_\d+_chunk/,
    cause:
      'pg_cron and TimescaleDB cannot be restored like other extensions: the one lives in a single database of a fixed name, the other has a procedure of its own.',
    remedy:
      'Leave the database out with "exclude-databases", or drop the extension on the source first.',
    heading: 'extension-procedure',
  },
  {
    pattern:
      /^extension "(.+?)" is not available|could not open extension control file ".*\/(.+?)\.control"/,
    cause: 'The target does not offer the extension.',
    remedy:
      'Install the package that holds the extension on the target, or drop the extension on the source.',
    heading: 'extension-missing',
  },
  {
    pattern:
      /[Ee]xtension "(.+?)" is not allow-?listed|Only members of "azure_pg_admin" are allowed to use CREATE EXTENSION/,
    cause: "The provider's list of allowed extensions does not hold the extension.",
    remedy:
      'Add the extension to the server parameter azure.extensions (Azure) or rds.allowed_extensions (Amazon RDS) of the target.',
    heading: 'extension-not-allowed',
  },
  {
    pattern: /^permission denied to create extension "(.+?)"|^must be owner of extension/,
    cause: 'Only a superuser may create or change the extension on the target.',
    // Not in template1 beforehand: databases are created from template0.
    remedy: (match) =>
      match[1] === undefined
        ? "Use the extension's owner or a superuser in target-url."
        : `-- use a superuser in target-url; or on the source, if nothing needs it:\ndrop extension ${quotedGroup(match)};`,
    heading: 'extension-privilege',
  },
  {
    pattern: /^extension "(.+?)" must be installed in schema "(.+?)"/,
    cause: 'The extension insists on another schema than the one it has on the source.',
    remedy: (match) =>
      `-- on the source, if the extension allows it\nalter extension ${quotedGroup(match)} set schema ${quotedGroup(match, 2)};`,
    heading: 'extension-schema',
  },
  {
    pattern:
      /(?:must be|can only be) loaded via "?shared_preload_libraries|unrecognized configuration parameter "cron\.database_name"/,
    cause: "The extension's library must be loaded when the server starts.",
    remedy: 'Add the library to shared_preload_libraries of the target and restart it.',
    heading: 'extension-preload',
  },
  {
    pattern:
      /^(?:function|relation|type|operator|operator (?:class|family)|cast|text search \w+|conversion|language|foreign-data wrapper|access method) .* already exists/,
    side: 'target',
    cause:
      'CREATE EXTENSION has made an object of that name, and the dump brings the one of the source. There it is no member of the extension: it was taken out (ALTER EXTENSION … DROP), or only the newer version of the extension has it.',
    remedy:
      '-- on the source, where it is what the extension makes: put it back, as with a function; otherwise rename it\nalter extension the_extension add function the_function;',
    heading: 'extension-member',
  },
  {
    pattern:
      /^could not access file "(.+?)": No such file or directory|could not find function ".*" in file|incompatible library/,
    cause:
      'A function is written in C, and the target does not have its library, or has another one.',
    remedy: 'Install the library on the target, or drop the function on the source.',
    heading: 'library-missing',
  },
]
