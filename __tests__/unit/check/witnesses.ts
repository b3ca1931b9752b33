/** For every kind of finding, the tests on real servers that see it with its object, and that see nothing without. */
import type { CheckName } from '../../../src/report/check-names.js'

/** A file of __tests__/integration, and the title of a test in it, as it is written there. */
export type Witness = readonly [file: string, title: string]

interface Witnesses {
  readonly present: Witness
  readonly absent: Witness
}

/** An ordinary database and server of every major, with no finding of any check. */
export const clean: Witness = ['check/clean', 'PostgreSQL %i, as superusers and as administrators']

const notInOrdinary: Witness = [
  'check/objects',
  '%s is not found in a database of a table and an index',
]
const otherExtension: Witness = [
  'check/extensions',
  '%s is not found for an extension that the target has',
]
const leftOut: Witness = ['transfer/administrator', 'passes, and tells exactly what was left out']
const nothingLeftOut: Witness = [
  'transfer/administrator',
  'is moved by an administrator without a finding',
]
const superuserReads: Witness = ['check/reading', 'a superuser reads everything']

/** The compiler asks for an entry for every name. */
export const witnesses: Readonly<Record<CheckName, Witnesses>> = {
  'analyze-skipped': {
    present: [
      'staging/findings',
      'warns of a table that the role may not analyze, even where the role hides warnings',
    ],
    absent: ['staging/findings', 'is not found for a superuser'],
  },
  'cast-built-in': {
    present: [
      'check/refused-definitions',
      'is found for one that the target has itself, and no other',
    ],
    absent: ['check/refused-definitions', 'is not found before the target has it'],
  },
  'check-failed': {
    present: ['check/failing', 'blocks where what could not be looked at may block'],
    absent: ['check/failing', 'is not found where everything can be looked at'],
  },
  'collation-missing': {
    present: ['check/locales', 'blocks on a collation whose locale the target lacks'],
    absent: ['check/locales', 'accepts collations of ICU, and those that nothing uses'],
  },
  'computed-otherwise': {
    present: [
      'validate/computed-otherwise',
      'computed-otherwise names what the system of the target computes otherwise, and is no difference',
    ],
    absent: [
      'validate/computed-otherwise',
      'computed-otherwise is not found where the values of other columns differ',
    ],
  },
  'connection-not-encrypted': {
    present: [
      'server/connect',
      'gets TLS under %s with a certificate that fits alone; connection-not-encrypted tells where there is none',
    ],
    absent: [
      'server/connect',
      'gets TLS under %s with a certificate that fits alone; connection-not-encrypted tells where there is none',
    ],
  },
  connections: {
    present: ['check/room', 'blocks where the server has fewer than the run needs'],
    absent: clean,
  },
  'copy-repeated': {
    present: ['copy/robust', 'on the %s: the table is copied again, and the report says so'],
    absent: ['copy/everything', 'everything that a database can hold arrives unchanged'],
  },
  'current-database': {
    present: ['check/current-database', 'blocks on checks that rows break under another name'],
    absent: ['check/current-database', 'says nothing of what does not ask'],
  },
  'cycle-mark': {
    present: [
      'check/objects',
      'cycle-mark blocks on what marks cycles by values that are written with their type',
    ],
    absent: ['check/objects', 'cycle-mark is not found for truth values and numbers'],
  },
  'damaged-pages': {
    present: ['check/reading', 'damaged-pages blocks where the server reads on behind them'],
    absent: clean,
  },
  'database-created': {
    present: [
      'phases/informing',
      'database-created names a database that came after the choice, in mode %s',
    ],
    absent: nothingLeftOut,
  },
  'database-in-use': {
    present: ['check/databases', 'database-in-use warns of sessions that the run may not end'],
    absent: ['check/databases', 'database-in-use is not found for sessions that it may end'],
  },
  'database-invalid': {
    present: ['check/databases', 'what an interrupted DROP DATABASE left behind is blocking'],
    absent: clean,
  },
  'database-missing': {
    present: ['check/databases', 'a database that the source does not have is blocking'],
    absent: clean,
  },
  'database-not-empty': {
    present: ['check/databases', 'is blocking when it holds something: %s'],
    absent: ['check/databases', 'is no finding while it is empty'],
  },
  'database-not-moved': {
    present: [
      'check/unmoved-databases',
      'what the source says of postgres and template1 themselves is found, and settled by its remedy',
    ],
    absent: clean,
  },
  'database-not-owned': {
    present: ['check/databases', 'is blocking for an administrator who does not own it'],
    absent: ['check/databases', 'is no finding while it is empty'],
  },
  'database-property-skipped': {
    present: [
      'staging/findings',
      'warns of a setting that only a superuser may give, with a remedy that works',
    ],
    absent: ['staging/findings', 'is not found for a superuser'],
  },
  'database-refuses-connections': {
    present: ['check/databases', 'a database that allows no connections is blocking'],
    absent: clean,
  },
  'database-replaced': {
    present: ['check/databases', 'is noted with all that goes when it is replaced'],
    absent: ['check/databases', 'is no finding while it is empty'],
  },
  'default-privileges-skipped': { present: leftOut, absent: nothingLeftOut },
  'definer-replaced': {
    present: [
      'check/replaced-owners',
      'definer-replaced blocks on functions that would act as the administrator for others, remedy %i',
    ],
    absent: [
      'check/replaced-owners',
      'definer-replaced is not found for functions of superusers, for those that only their owner may call, nor where owners are lent',
    ],
  },
  'definition-not-utf8': {
    present: [
      'check/not-in-utf8',
      'definition-not-utf8 blocks on every kind of object with a character that UTF8 lacks',
    ],
    absent: ['check/not-in-utf8', 'is not found for characters that UTF8 has, and those of rows'],
  },
  'detach-pending': {
    present: ['check/refused-definitions', 'is found for a partition that is half detached'],
    absent: ['check/refused-definitions', 'is not found for one that is attached or detached'],
  },
  'drift-unknown': {
    present: [
      'phases/informing',
      'drift-unknown warns of a session whose last writes may not be counted yet, until it has ended',
    ],
    absent: [
      'phases/informing',
      'drift-unknown is not found for a session that reads, where nobody on the server writes',
    ],
  },
  'dump-directory-space': {
    present: ['check/room', 'blocks where nothing is free'],
    absent: ['check/room', 'does not matter for %s'],
  },
  encoding: {
    present: ['check/locales', 'warns that SQL_ASCII stays SQL_ASCII'],
    absent: ['check/locales', 'says nothing of UTF8 and LATIN1'],
  },
  'exclusive-lock': {
    present: ['check/activity', 'names the process that holds one'],
    absent: ['check/activity', 'is not found for a lock that readers do not wait for'],
  },
  'extension-member': {
    present: ['check/extension-members', 'finds %s'],
    absent: ['check/extension-members', 'does not find %s'],
  },
  'extension-missing': {
    present: ['check/extensions', 'extension-missing finds one that the target lacks'],
    absent: otherExtension,
  },
  'extension-not-allowed': {
    present: ['check/extensions', 'extension-not-allowed reads %s = %j'],
    absent: otherExtension,
  },
  'extension-preload': {
    present: [
      'check/extensions',
      'extension-preload warns of pg_stat_statements where its library is not loaded',
    ],
    absent: otherExtension,
  },
  'extension-privilege': {
    present: [
      'check/extensions',
      'extension-privilege finds what only a superuser may create, and not what is trusted',
    ],
    absent: otherExtension,
  },
  'extension-procedure': {
    present: ['check/extensions', 'extension-procedure blocks %s'],
    absent: otherExtension,
  },
  'extension-schema': {
    present: [
      'check/extensions',
      'extension-schema finds an extension that the target puts elsewhere',
    ],
    absent: otherExtension,
  },
  'extension-table': {
    present: ['check/extensions', 'warns of a table that was added to an extension'],
    absent: [
      'check/extensions',
      'is not found for the tables of an extension itself, nor for those of nobody',
    ],
  },
  'extension-version': {
    present: ['check/extensions', 'warns of the source having %s'],
    absent: otherExtension,
  },
  forecast: { present: ['check/room', 'is noted from ten gigabytes on'], absent: clean },
  'foreign-key-collation': {
    present: [
      'check/refused-definitions',
      'is found where either collation is not deterministic and they differ',
    ],
    absent: ['check/refused-definitions', 'is not found where both are the same, or deterministic'],
  },
  'foreign-key-name': {
    present: [
      'check/foreign-key-names',
      'is found where the parts of a key that is added before take the name, up to 17',
    ],
    absent: [
      'check/foreign-key-names',
      'is not found where the names are given as they are on the source',
    ],
  },
  'foreign-key-partition': {
    present: [
      'check/refused-definitions',
      'is found where a partitioned table refers to a partition of its own, at any depth',
    ],
    absent: [
      'check/refused-definitions',
      'is not found where it refers to another table, or the partition to itself',
    ],
  },
  'foreign-server-source': {
    present: [
      'check/foreign-servers',
      'foreign-server-source warns of those at the address of the source, and of no other',
    ],
    absent: clean,
  },
  'function-not-immutable': {
    present: [
      'check/mutable-functions',
      'names the indexes that write an interval as text, however they do',
    ],
    absent: ['check/mutable-functions', 'says nothing where the target takes it for immutable'],
  },
  'function-refused': {
    present: ['validate/function-bodies', 'names what the target alone refuses, with its reason'],
    absent: [
      'validate/function-bodies',
      'is not found for what both take, and for what neither takes',
    ],
  },
  'function-setting-unknown': {
    present: [
      'check/settings',
      'function-setting-unknown names the function, and not one whose settings are known',
    ],
    absent: clean,
  },
  'grantee-missing': {
    present: [
      'transfer/administrator',
      'tells of grantee-missing, and no longer when the role is there',
    ],
    absent: nothingLeftOut,
  },
  'grantor-usage': {
    present: [
      'check/objects',
      'grantor-usage blocks on a grantor who may not use the schema any more',
    ],
    absent: clean,
  },
  'huge-value': {
    present: [
      'check/huge-values',
      'blocks on a row that is a gigabyte as text, and only notes it for the method copy',
    ],
    absent: ['check/huge-values', 'finds nothing below the limit of pg_dump'],
  },
  'index-column-dropped': {
    present: [
      'check/refused-definitions',
      'is found where a partition was detached before its column was dropped',
    ],
    absent: ['check/refused-definitions', 'is not found where the index has gone with its column'],
  },
  'inherited-default': {
    present: [
      'check/inheritance',
      'blocks where the parents of a table differ in the default of a column that is not its own',
    ],
    absent: [
      'check/inheritance',
      'says nothing where the parents agree, one alone has a default, or the column is its own',
    ],
  },
  'inherited-storage': {
    present: [
      'check/inheritance',
      'blocks where the parents of a table differ in STORAGE or COMPRESSION of a column',
    ],
    absent: [
      'check/inheritance',
      'says nothing where they store it alike, or the table alone differs',
    ],
  },
  'initial-object-kept': {
    present: ['transfer/initial-objects', 'is told where an administrator may not drop it'],
    absent: ['transfer/initial-objects', 'arrives as it is on the source'],
  },
  'invalid-index': {
    present: [
      'check/objects',
      'invalid-index names the index that a failed build left, and no other',
    ],
    absent: notInOrdinary,
  },
  'locale-missing': {
    present: ['check/locales', 'blocks on %s'],
    absent: ['check/locales', 'accepts %s'],
  },
  'locale-order': {
    present: ['check/icu-locales', 'warns where the target reads another order from %s'],
    absent: ['check/icu-locales', 'says nothing of %s, which both read alike'],
  },
  'locale-renamed': {
    present: ['staging/findings', 'is noted where the target spells the locale otherwise'],
    absent: ['staging/findings', 'is not found where it has the very name'],
  },
  locks: {
    present: [
      'check/room',
      'locks blocks where a database has more tables than the lock table has places',
    ],
    absent: clean,
  },
  'login-trigger': {
    present: ['check/freeze', 'warns of one that fires once the database is frozen'],
    absent: ['check/freeze', 'is not found without freeze-source, nor where it is disabled'],
  },
  'long-transaction': {
    present: ['check/activity', 'names a transaction that was open when six minutes have gone by'],
    absent: ['check/activity', 'is not found for a session that waits between two transactions'],
  },
  'lookup-order': {
    present: [
      'check/lookups',
      'lookup-order warns of %s whose function looks into another table, with the methods of pg_dump',
    ],
    absent: ['check/lookups', 'lookup-order is not found for %s'],
  },
  'md5-password': {
    present: ['check/not-carried', 'md5-password names new roles whose password is stored as MD5'],
    absent: clean,
  },
  'multirange-privilege': {
    present: [
      'check/objects',
      'multirange-privilege warns where a range has other privileges than its multirange',
    ],
    absent: clean,
  },
  'name-column': {
    present: ['check/objects', 'name-column warns of a column of regclass, not of one of oid'],
    absent: notInOrdinary,
  },
  'type-without-input': {
    present: [
      'check/objects',
      'type-without-input blocks on values that no server reads, not on NULLs',
    ],
    absent: notInOrdinary,
  },
  'name-encoding': {
    present: ['check/name-encoding', 'blocks on a database and a role outside ASCII'],
    absent: ['check/name-encoding', 'says nothing where the target is reached by a UTF8 database'],
  },
  'name-not-text': {
    present: [
      'check/raw-bytes',
      'name-not-text blocks on tables, sequences, filled materialized views and their schemas, and on columns for copy alone',
    ],
    absent: [
      'check/raw-bytes',
      'name-not-text and property-not-text are not found for names in UTF-8, and bytes in definitions and rows',
    ],
  },
  'name-with-newline': {
    present: ['check/objects', 'name-with-newline warns of a role with one'],
    absent: clean,
  },
  'needs-superuser': {
    present: ['check/needs-superuser', 'names what is for superusers, and nothing else'],
    absent: ['check/needs-superuser', 'says nothing to a superuser'],
  },
  'constraint-disabled': {
    present: ['check/restoring', 'blocks where a dump would name the triggers of a partition'],
    absent: ['check/restoring', 'says nothing where all triggers of constraints are on'],
  },
  'generated-child': {
    present: ['check/generated-children', 'blocks where the parent has an ordinary column'],
    absent: ['check/generated-children', 'says nothing where the parent has one too'],
  },
  'no-other-database': {
    present: [
      'check/not-carried',
      'no-other-database blocks where the role could be in none while that of target-url is renamed',
    ],
    absent: clean,
  },
  'not-null-dropped': {
    present: ['check/restoring', 'blocks where the child holds nulls'],
    absent: ['check/restoring', 'says nothing of a child that kept it'],
  },
  'not-null-name': {
    present: [
      'check/refused-definitions',
      'is found where a constraint has the name that NOT NULL is given',
    ],
    absent: [
      'check/refused-definitions',
      'is not found where it is created with its table, or the column may be null',
    ],
  },
  'old-snapshots-forgotten': {
    present: ['check/activity', 'blocks while it may happen within the time of a run: %s'],
    absent: clean,
  },
  'operator-link': {
    present: [
      'check/refused-definitions',
      'is found for an operator that claims the link of another',
    ],
    absent: ['check/refused-definitions', 'is not found where operators agree, or are their own'],
  },
  'owner-not-superuser': {
    present: [
      'check/replaced-owners',
      'owner-not-superuser blocks on owners of event triggers, wrappers and subscriptions that are none on the target, remedy %i',
    ],
    absent: [
      'check/replaced-owners',
      'owner-not-superuser is not found where the owner is or becomes one, nor for whom 16 lets anybody own',
    ],
  },
  'owner-replaced': { present: leftOut, absent: nothingLeftOut },
  'ownership-refused': {
    present: ['check/lost-revokes', 'warns of what everybody will have again on the target'],
    absent: ['check/lost-revokes', 'says nothing of what the administrator may revoke itself'],
  },
  'partition-exclusion': {
    present: [
      'check/inheritance',
      'is found for exclusion constraints and keys without overlaps of partitioned tables',
    ],
    absent: [
      'check/inheritance',
      'is not found where there are no partitions, or the constraint belongs to a partition',
    ],
  },
  'partition-identity': {
    present: [
      'check/refused-definitions',
      'is found for a partition with an identity column, not for its parent',
    ],
    absent: ['check/refused-definitions', 'is not found where the target takes it'],
  },
  'password-expires': {
    present: [
      'check/roles',
      'password-expires warns a day before, and blocks where the run cannot be done by then',
    ],
    absent: clean,
  },
  'password-unreadable': {
    present: ['check/not-carried', 'password-unreadable names the logins that arrive without one'],
    absent: clean,
  },
  'prepared-transaction': {
    present: ['check/activity', 'blocks, for the databases that are moved'],
    absent: clean,
  },
  'property-not-text': {
    present: [
      'check/raw-bytes',
      'property-not-text blocks on what was written from a database in another encoding',
    ],
    absent: [
      'check/raw-bytes',
      'name-not-text and property-not-text are not found for names in UTF-8, and bytes in definitions and rows',
    ],
  },
  'psql-unsafe': {
    present: ['check/not-carried', 'method %s with psql %s finds %j'],
    absent: clean,
  },
  publication: {
    present: ['check/not-carried', 'subscription and publication are told, in their own database'],
    absent: clean,
  },
  'removed-conversion': {
    present: [
      'check/removed',
      'removed-conversion finds a conversion by a function of the old form, and none by one of the system',
    ],
    absent: clean,
  },
  'removed-function': {
    present: [
      'check/removed-functions',
      'removed-function finds a view and a default that call one',
    ],
    absent: clean,
  },
  'removed-name': {
    present: [
      'check/removed',
      'removed-name finds bodies that call, cast or read what is gone, and no other',
    ],
    absent: clean,
  },
  'removed-oids': {
    present: ['check/removed-oids', 'warns of a table WITH OIDS, and of no other'],
    absent: clean,
  },
  'removed-operator': {
    present: [
      'check/removed',
      'removed-operator finds a view with the factorial operator and a check with a geometric one',
    ],
    absent: clean,
  },
  'removed-polymorphic': {
    present: [
      'check/removed',
      'removed-polymorphic finds the aggregate and the operator, not those of a concrete type',
    ],
    absent: clean,
  },
  'removed-postfix-operator': {
    present: ['check/removed', 'removed-postfix-operator is found, a prefix operator is not'],
    absent: clean,
  },
  'removed-system-column': {
    present: ['check/removed', 'finds views that read a catalog as it no longer is'],
    absent: clean,
  },
  'removed-type': {
    present: [
      'check/removed',
      'names every column, array, domain, range and function of a removed type',
    ],
    absent: ['check/removed', 'is not found when the target still has the type'],
  },
  'replaced-database-left': {
    present: [
      'staging/publish',
      'keeps an empty database that somebody fills while it is being replaced',
    ],
    absent: ['staging/publish', 'says nothing where the replaced database has been dropped'],
  },
  'replication-slot': {
    present: [
      'check/not-carried',
      'replication-slot warns of slots of the server and of the databases that are moved',
    ],
    absent: clean,
  },
  'reserved-role': {
    present: ['check/removed', 'reserved-role finds a role that starts with pg_'],
    absent: clean,
  },
  'restore-refused': { present: leftOut, absent: nothingLeftOut },
  'row-security': {
    present: ['check/reading', 'row-security names the table whose policies apply'],
    absent: superuserReads,
  },
  'row-too-big': {
    present: [
      'check/huge-values',
      'row-too-big finds rows with values from before their columns were set to STORAGE PLAIN',
    ],
    absent: ['check/huge-values', 'row-too-big is not found where every row fits into a page'],
  },
  'search-path': {
    present: ['check/restoring', 'finds a function that needs one in %s'],
    absent: ['check/restoring', 'finds nothing where names are %s'],
  },
  'security-label': {
    present: ['check/objects', 'security-label names the provider'],
    absent: notInOrdinary,
  },
  'security-label-lost': {
    present: [
      'check/shared-labels',
      'security-label-lost names labels of roles and databases, which are not carried',
    ],
    absent: [
      'check/shared-labels',
      'security-label-lost names labels of roles and databases, which are not carried',
    ],
  },
  'server-messages-language': {
    present: [
      'check/roles',
      'server-messages-language tells how a superuser gives the role English, which our sessions then get',
    ],
    absent: clean,
  },
  'setting-unknown': {
    present: [
      'check/settings',
      'names settings of a database, a role and a role in a database, with a remedy that works',
    ],
    absent: ['check/settings', 'says nothing of settings that the target takes'],
  },
  'freeze-not-allowed': {
    present: ['check/freeze', 'blocks where the database belongs to another role'],
    absent: ['check/freeze', 'is not found for the owner of a database, nor for a superuser'],
  },
  'source-frozen': {
    present: [
      'check/freeze',
      'notes what an earlier run has left frozen, with a remedy that releases it',
    ],
    absent: ['check/freeze', 'is not found where the setting is off, or a role alone reads only'],
  },
  'settings-not-compared': {
    present: [
      'phases/informing',
      'parameters that cannot be compared are a warning, settings-not-compared',
    ],
    absent: ['phases/informing', 'nothing is told where nothing fails'],
  },
  'source-is-standby': {
    present: [
      'check/not-carried',
      'source-is-standby warns, and blocks where the source is to be frozen',
    ],
    absent: clean,
  },
  'staging-left': {
    present: [
      'carry-out',
      'staging-left names what the clean-up could not drop, in the report, and how it goes',
    ],
    absent: [
      'carry-out',
      'method %s takes a relative dump-directory, and a relative temporary folder',
    ],
  },
  'staging-refused': {
    present: [
      'check/not-carried',
      'staging-refused blocks where pg_hba.conf lets the role into other databases alone',
    ],
    absent: clean,
  },
  subscription: {
    present: ['check/not-carried', 'subscription and publication are told, in their own database'],
    absent: clean,
  },
  'synchronous-standby': {
    present: [
      'check/not-carried',
      'synchronous-standby warns of a target that waits for one, and nothing of a run waits for it',
    ],
    absent: clean,
  },
  'system-privilege': {
    present: [
      'check/refused-definitions',
      'is found for functions that the target does not have, and for no other',
    ],
    absent: ['check/refused-definitions', 'is not found where the target has them'],
  },
  'system-row-type': {
    present: [
      'check/objects',
      'system-row-type warns of a row of a catalog, not of one of a table',
    ],
    absent: notInOrdinary,
  },
  'system-schema-object': {
    present: ['check/system-schemas', 'is %s for %s'],
    absent: [
      'check/system-schemas',
      'says nothing of a clean database, of extensions, and of an information_schema made anew',
    ],
  },
  'system-text-search': {
    present: ['check/system-schemas', 'warns where one of the system was changed'],
    absent: ['check/system-schemas', 'says nothing of one with a name of its own'],
  },
  'tablespace-differs': {
    present: [
      'check/tablespaces',
      'what a tablespace of the source has and that of the target lacks is settled by its remedy',
    ],
    absent: ['check/tablespaces', 'what only the tablespace of the target has is not found'],
  },
  'tablespace-missing': {
    present: ['check/objects', 'tablespace-missing warns of one that the target lacks'],
    absent: clean,
  },
  'target-cannot-create-databases': {
    present: ['check/not-carried', 'target-cannot-create-databases blocks'],
    absent: clean,
  },
  'temp-file-limit': {
    present: ['check/room', 'warns of the largest index that the role of the target may not sort'],
    absent: ['check/room', 'is not found where the largest index fits, or a superuser lifts it'],
  },
  'template-changed': {
    present: ['check/databases', 'a template with %s of its own is noted'],
    absent: clean,
  },
  'text-search-stemmer': {
    present: [
      'check/text-search-stemmers',
      'text-search-stemmer names columns with stored words of a stemmer that is another one on the target',
    ],
    absent: ['check/text-search-stemmers', 'text-search-stemmer is not found %s'],
  },
  'trigger-generated': {
    present: [
      'check/refused-definitions',
      'is found where a condition takes all of a row that has generated columns',
    ],
    absent: [
      'check/refused-definitions',
      'is not found where it takes the old row, some columns, or what has been written',
    ],
  },
  'trigger-renamed': {
    present: [
      'check/restoring',
      'trigger-renamed finds what a dump would call by a name that the target does not give',
    ],
    absent: [
      'check/restoring',
      'trigger-renamed does not find what is enabled as the other is, or has its name',
    ],
  },
  'unpopulated-view': {
    present: ['check/objects', 'unpopulated-view notes a materialized view without data'],
    absent: notInOrdinary,
  },
  'unreadable-large-object': {
    present: ['check/reading', 'unreadable-large-object names the large object'],
    absent: superuserReads,
  },
  'unreadable-sequence': {
    present: ['check/reading', 'unreadable-sequence names the sequence'],
    absent: superuserReads,
  },
  'unreadable-table': {
    present: [
      'check/reading',
      'unreadable-table names tables without SELECT and in closed schemas',
    ],
    absent: superuserReads,
  },
  'user-mapping-hidden': {
    present: [
      'check/not-carried',
      'user-mapping-hidden names a mapping whose options this role may not see',
    ],
    absent: clean,
  },
  'key-collation': {
    present: [
      'check/key-collations',
      'is found where a constraint was made of an index of another collation, remedy %i',
    ],
    absent: [
      'check/key-collations',
      'is not found where the collation is that of the column, or the index of no constraint',
    ],
  },
  'language-missing': {
    present: [
      'check/libraries',
      'language-missing finds a language without an extension that the target does not offer',
    ],
    absent: [
      'check/libraries',
      'language-missing is not found for one of an extension, nor for one with a handler of its own',
    ],
  },
  'library-missing': {
    present: [
      'check/libraries',
      'library-missing finds a function of a library that is gone, with a remedy that works',
    ],
    absent: clean,
  },
  'pg-dump-outdated': {
    present: [
      'check/refused-definitions',
      'is found for a pg_dump and a target from before the mark',
    ],
    absent: ['check/refused-definitions', 'is not found for pg_dump %s'],
  },
  'pg-hba': {
    present: [
      'check/not-carried',
      'pg-hba notes the rules for other machines that the target does not have',
    ],
    absent: clean,
  },
  'validation-query-failed': {
    present: ['check/databases', 'validation-query-failed blocks on queries that cannot run'],
    absent: [
      'check/databases',
      'tells of each query that fails, and is no finding for those that can run',
    ],
  },
  'validation-query-unused': {
    present: ['check/databases', 'validation-query-unused is found for %s: %s'],
    absent: [
      'check/databases',
      'queries for a chosen database, and for one of another part, are no finding',
    ],
  },
  'view-foreign-table': {
    present: ['check/filled-views', 'view-foreign-table names the foreign table and its server'],
    absent: clean,
  },
  'view-not-fillable': {
    present: [
      'check/filled-views',
      'view-not-fillable finds views whose queries have come to yield what their unique indexes forbid',
    ],
    absent: ['check/filled-views', 'nothing is found where a materialized view %s'],
  },
  'view-not-readable': {
    present: ['check/filled-views', 'view-not-readable finds what %s'],
    absent: clean,
  },
  'view-recursive': {
    present: [
      'check/objects',
      'view-recursive blocks on a view that selects from itself, not on those that select from each other',
    ],
    absent: notInOrdinary,
  },
  'view-row-security': {
    present: ['check/filled-views', 'view-row-security finds %s'],
    absent: ['check/filled-views', 'nothing is found where a materialized view %s'],
  },
  'role-missing': {
    present: ['check/roles', '%s'],
    absent: ['check/roles', 'is not found where the role is moved'],
  },
  'role-vanished': {
    present: [
      'check/vanished-roles',
      'role-vanished names all that is left of a dropped role, which an administrator may take for less',
    ],
    absent: ['check/vanished-roles', 'role-vanished is not found where no dump tells of it'],
  },
  'role-lost': {
    present: [
      'roles/superuser',
      'role-lost tells what was taken back during a run, which fails, and how to bring it back',
    ],
    absent: [
      'roles/superuser',
      'role-lost is not found for what somebody has made different since',
    ],
  },
  'role-name-encoding': {
    present: ['transfer/encodings', 'role-name-encoding refuses %s by %s'],
    absent: clean,
  },
  'role-still-borrowed': {
    present: [
      'roles/borrow',
      'role-still-borrowed tells how to give back what the run could not, and leaves its result alone',
    ],
    absent: ['roles/borrow', 'role-still-borrowed is not found for what is given back'],
  },
  'role-not-carried': {
    present: ['check/roles', 'names a role whose SUPERUSER only a superuser could give'],
    absent: clean,
  },
  'target-cannot-create-roles': {
    present: ['check/roles', 'names the roles that would be created'],
    absent: ['check/roles', 'is not found with CREATEROLE, or where roles are left alone'],
  },
  'target-noinherit': {
    present: ['check/roles', 'target-noinherit blocks up to 15, and is settled by its remedy'],
    absent: ['check/roles', 'target-noinherit is not found with INHERIT, or since 16'],
  },
  'target-crashed': {
    present: [
      'phases/target-crash',
      'that takes rows back fails the database, even where nothing was to be compared',
    ],
    absent: [
      'phases/target-crash',
      'that is none, but a session that somebody has ended, is not told',
    ],
  },
  'wal-kept': {
    present: [
      'check/kept-wal',
      'warns of a slot that nobody reads and of archiving that fails, and counts the WAL',
    ],
    absent: clean,
  },
  'target-disk-space': {
    present: [
      'check/room',
      'is found where the databases are bigger than what is free on the disk of the target',
    ],
    absent: clean,
  },
}
