/** For every kind of finding, the test on real servers in which its remedy is pasted as it is printed. */
import type { CheckName } from '../../../src/report/check-names.js'
import type { Witness } from './witnesses.js'

type Remedy =
  /** Once it is pasted, the finding is gone. */
  | { readonly settled: Witness }
  /** It does what it says, but is for afterwards or tells more, so that the finding stays. */
  | { readonly pasted: Witness; readonly because: string }
  /** There is nothing to paste, and why. */
  | { readonly words: string }

const settled = (file: string, title: string): Remedy => ({ settled: [file, title] })
const bySuperuser: Witness = [
  'transfer/administrator',
  'tells how a superuser gives the rest to whom it belonged',
]
const readable = settled(
  'check/reading',
  'row-security, unreadable-large-object, unreadable-sequence and unreadable-table have remedies that work',
)
const input = 'an input of the action is to be changed'
const ofOperatingSystem = 'something is to be installed on a machine'

/** The compiler asks for an entry for every name. */
export const remedies: Readonly<Record<CheckName, Remedy>> = {
  'analyze-skipped': {
    pasted: [
      'staging/findings',
      'warns of a table that the role may not analyze, even where the role hides warnings',
    ],
    because: 'the database has been moved by then',
  },
  'cast-built-in': settled(
    'check/refused-definitions',
    'is found for one that the target has itself, and no other',
  ),
  'check-failed': { words: 'what failed may be anything that a server can say' },
  'collation-missing': settled(
    'check/locales',
    'has a remedy that brings a locale of the system to every database to come',
  ),
  'computed-otherwise': { words: 'in the database nothing has to be done' },
  'connection-not-encrypted': { words: input },
  connections: settled('check/room', 'blocks where a database of the source has fewer'),
  'copy-repeated': { words: 'the action has mended it already, and only tells so' },
  'current-database': settled(
    'check/current-database',
    'blocks on checks that rows break under another name',
  ),
  'cycle-mark': settled(
    'check/objects',
    'cycle-mark blocks on what marks cycles by values that are written with their type',
  ),
  'damaged-pages': settled(
    'check/reading',
    'damaged-pages blocks where the server reads on behind them',
  ),
  'database-created': { words: input },
  'database-in-use': settled(
    'check/databases',
    'database-in-use warns of sessions that the run may not end',
  ),
  'database-invalid': settled(
    'check/databases',
    'what an interrupted DROP DATABASE left behind is blocking',
  ),
  'database-missing': { words: input },
  'database-not-empty': settled('check/databases', 'is blocking when it holds something: %s'),
  'database-not-moved': settled(
    'check/unmoved-databases',
    'what the source says of postgres and template1 themselves is found, and settled by its remedy',
  ),
  'database-not-owned': settled(
    'check/databases',
    'is blocking for an administrator who does not own it',
  ),
  'database-property-skipped': {
    pasted: [
      'staging/findings',
      'warns of a setting that only a superuser may give, with a remedy that works',
    ],
    because: 'the database has been published by then',
  },
  'database-refuses-connections': settled(
    'check/databases',
    'a database that allows no connections is blocking',
  ),
  'database-replaced': { words: 'what is to stay is for a person to say' },
  'default-privileges-skipped': {
    pasted: bySuperuser,
    because: 'the database has been moved by then',
  },
  'definer-replaced': settled(
    'check/replaced-owners',
    'definer-replaced blocks on functions that would act as the administrator for others, remedy %i',
  ),
  'definition-not-utf8': { words: 'only a person can tell what the character was to be' },
  'detach-pending': settled(
    'check/refused-definitions',
    'is found for a partition that is half detached',
  ),
  'drift-unknown': {
    words: 'the database has been moved by then, and a restarted source has no snapshot of it',
  },
  'dump-directory-space': { words: input },
  encoding: { words: 'only a person can tell what the bytes of SQL_ASCII mean' },
  'exclusive-lock': settled('check/activity', 'names the process that holds one'),
  'extension-member': settled('check/extension-members', 'finds %s'),
  'extension-missing': settled(
    'check/extensions',
    'extension-missing finds one that the target lacks',
  ),
  'extension-not-allowed': { words: 'server parameters of a provider are not set by SQL' },
  'extension-preload': { words: 'where the library is to be named depends on who runs the target' },
  'extension-privilege': settled(
    'check/extensions',
    'extension-privilege finds what only a superuser may create, and not what is trusted',
  ),
  'extension-procedure': settled('check/extensions', 'has a remedy for pg_cron'),
  'extension-schema': settled(
    'check/extensions',
    'extension-schema finds an extension that the target insists to have elsewhere',
  ),
  'extension-table': settled('check/extensions', 'warns of a table that was added to an extension'),
  'extension-version': { words: 'each extension has an upgrade of its own, told in its manual' },
  forecast: { words: 'only a rehearsal tells how long it takes' },
  'foreign-key-collation': settled(
    'check/refused-definitions',
    'is found where either collation is not deterministic and they differ',
  ),
  'foreign-key-name': settled(
    'check/foreign-key-names',
    'is found where the parts of a key that is added before take the name, up to 17',
  ),
  'foreign-key-partition': settled(
    'check/refused-definitions',
    'is found where a partitioned table refers to a partition of its own, at any depth',
  ),
  'foreign-server-source': { words: 'only a person knows where the address will lead to' },
  'function-not-immutable': settled(
    'check/mutable-functions',
    'names the indexes that write an interval as text, however they do',
  ),
  'function-refused': { words: 'only a person can write the function anew' },
  'function-setting-unknown': settled(
    'check/settings',
    'function-setting-unknown names the function, and not one whose settings are known',
  ),
  'grantee-missing': settled(
    'transfer/administrator',
    'tells of grantee-missing, and no longer when the role is there',
  ),
  'grantor-usage': settled(
    'check/objects',
    'grantor-usage blocks on a grantor who may not use the schema any more',
  ),
  'huge-value': {
    pasted: ['check/huge-values', 'huge-value prints how a table is measured that took too long'],
    because: 'it measures, and the method is an input of the action',
  },
  'index-column-dropped': settled(
    'check/refused-definitions',
    'is found where a partition was detached before its column was dropped',
  ),
  'inherited-default': settled(
    'check/inheritance',
    'blocks where the parents of a table differ in the default of a column that is not its own',
  ),
  'inherited-storage': settled(
    'check/inheritance',
    'blocks where the parents of a table differ in STORAGE or COMPRESSION of a column',
  ),
  'initial-object-kept': {
    pasted: ['transfer/initial-objects', 'is told where an administrator may not drop it'],
    because: 'the database has been moved by then',
  },
  'invalid-index': settled(
    'check/objects',
    'invalid-index names the index that a failed build left, and no other',
  ),
  'key-collation': settled(
    'check/key-collations',
    'is found where a constraint was made of an index of another collation, remedy %i',
  ),
  'language-missing': settled(
    'check/libraries',
    'language-missing finds a language without an extension that the target does not offer',
  ),
  'library-missing': settled(
    'check/libraries',
    'library-missing finds a function of a library that is gone, with a remedy that works',
  ),
  'locale-missing': { words: ofOperatingSystem },
  'locale-order': { words: 'which order is meant is for a person to say' },
  'locale-renamed': { words: 'it is the same locale, so there is nothing to do' },
  locks: {
    pasted: [
      'check/room',
      'locks blocks where a database has more tables than the lock table has places',
    ],
    because: 'the setting counts from the next start of the server on',
  },
  'lookup-order': {
    pasted: ['validate/computed-otherwise', 'lookup-order has a statement that computes them anew'],
    because:
      'the database has been moved by then; before that the method is an input of the action',
  },
  'login-trigger': settled('check/freeze', 'warns of one that fires once the database is frozen'),
  'long-transaction': settled(
    'check/activity',
    'names a transaction that was open when six minutes have gone by',
  ),
  'md5-password': settled(
    'check/not-carried',
    'md5-password names new roles whose password is stored as MD5',
  ),
  'multirange-privilege': { words: 'who may use which type is for a person to say' },
  'name-column': settled(
    'check/objects',
    'name-column warns of a column of regclass, not of one of oid',
  ),
  'name-encoding': { words: input },
  'name-not-text': { words: 'only a person can tell what the bytes mean' },
  'name-with-newline': settled('check/objects', 'name-with-newline warns of a role with one'),
  'needs-superuser': settled(
    'check/needs-superuser',
    'names what is for superusers, and nothing else',
  ),
  'constraint-disabled': settled(
    'check/restoring',
    'blocks where a dump would name the triggers of a partition',
  ),
  'generated-child': settled(
    'check/generated-children',
    'blocks where the parent has an ordinary column',
  ),
  'no-other-database': settled(
    'check/not-carried',
    'no-other-database blocks where the role could be in none while that of target-url is renamed',
  ),
  'not-null-dropped': settled('check/restoring', 'blocks where the child holds nulls'),
  'not-null-name': settled(
    'check/refused-definitions',
    'is found where a constraint has the name that NOT NULL is given',
  ),
  'old-snapshots-forgotten': { words: 'it takes effect with a restart of the source' },
  'operator-link': settled(
    'check/refused-definitions',
    'is found for an operator that claims the link of another',
  ),
  'owner-not-superuser': settled(
    'check/replaced-owners',
    'owner-not-superuser blocks on owners of event triggers, wrappers and subscriptions that are none on the target, remedy %i',
  ),
  'owner-replaced': { pasted: bySuperuser, because: 'the database has been moved by then' },
  'ownership-refused': { pasted: bySuperuser, because: 'the database has been moved by then' },
  'partition-exclusion': settled(
    'check/inheritance',
    'is found for exclusion constraints and keys without overlaps of partitioned tables',
  ),
  'partition-identity': settled(
    'check/refused-definitions',
    'is found for a partition with an identity column, not for its parent',
  ),
  'password-expires': settled(
    'check/roles',
    'password-expires warns a day before, and blocks where the run cannot be done by then',
  ),
  'password-unreadable': {
    pasted: ['check/not-carried', 'password-unreadable names the logins that arrive without one'],
    because: 'the roles are on the target only after the upgrade',
  },
  'pg-dump-outdated': { words: 'what brings newer tools depends on the machine' },
  'pg-hba': settled(
    'check/not-carried',
    'pg-hba notes the rules for other machines that the target does not have',
  ),
  'prepared-transaction': settled('check/activity', 'blocks, for the databases that are moved'),
  'property-not-text': { words: 'only a person can tell what the bytes mean' },
  'psql-unsafe': { words: input },
  publication: { words: 'the statement is for subscribers, which the source does not know' },
  'removed-conversion': settled(
    'check/removed',
    'removed-conversion finds a conversion by a function of the old form, and none by one of the system',
  ),
  'removed-function': settled(
    'check/removed-functions',
    'removed-function finds a view and a default that call one',
  ),
  'removed-name': { words: 'only a person can write the function anew' },
  'removed-oids': settled('check/removed-oids', 'warns of a table WITH OIDS, and of no other'),
  'removed-operator': settled(
    'check/removed',
    'removed-operator finds a view with the factorial operator and a check with a geometric one',
  ),
  'removed-polymorphic': settled(
    'check/removed',
    'removed-polymorphic finds the aggregate and the operator, not those of a concrete type',
  ),
  'removed-postfix-operator': settled(
    'check/removed',
    'removed-postfix-operator is found, a prefix operator is not',
  ),
  'removed-system-column': settled(
    'check/removed',
    'finds views that read a catalog as it no longer is',
  ),
  'removed-type': settled(
    'check/removed',
    'names every column, array, domain, range and function of a removed type',
  ),
  'replaced-database-left': settled(
    'staging/publish',
    'keeps an empty database that somebody fills while it is being replaced',
  ),
  'replication-slot': settled(
    'check/not-carried',
    'replication-slot warns of slots of the server and of the databases that are moved',
  ),
  'reserved-role': settled('check/removed', 'reserved-role finds a role that starts with pg_'),
  'restore-refused': { words: 'the statement is in a dump of the source, not in its catalogs' },
  'role-missing': settled('check/roles', '%s'),
  'role-vanished': settled(
    'check/vanished-roles',
    'role-vanished names all that is left of a dropped role, which an administrator may take for less',
  ),
  'role-lost': {
    pasted: [
      'roles/superuser',
      'role-lost tells what was taken back during a run, which fails, and how to bring it back',
    ],
    because: 'the run that found it is over',
  },
  'role-name-encoding': { words: 'only a person can choose another name' },
  'role-still-borrowed': {
    pasted: [
      'roles/borrow',
      'role-still-borrowed tells how to give back what the run could not, and leaves its result alone',
    ],
    because: 'the run that found it is over',
  },
  'role-not-carried': {
    pasted: ['check/roles', 'names a role whose SUPERUSER only a superuser could give'],
    because: 'it shows the role on both servers, to be compared',
  },
  'row-security': readable,
  'row-too-big': settled(
    'check/huge-values',
    'row-too-big finds rows with values from before their columns were set to STORAGE PLAIN',
  ),
  'search-path': settled('check/restoring', 'finds a function that needs one in %s'),
  'security-label': { words: 'only the provider of the labels can take them away again' },
  'security-label-lost': { words: 'only the provider takes the labels' },
  'server-messages-language': settled(
    'check/roles',
    'server-messages-language tells how a superuser gives the role English, which our sessions then get',
  ),
  'setting-unknown': settled(
    'check/settings',
    'names settings of a database, a role and a role in a database, with a remedy that works',
  ),
  'freeze-not-allowed': settled(
    'check/freeze',
    'blocks where the database belongs to another role',
  ),
  'source-frozen': settled(
    'check/freeze',
    'notes what an earlier run has left frozen, with a remedy that releases it',
  ),
  'settings-not-compared': { words: 'another run compares them' },
  'source-is-standby': {
    pasted: [
      'check/not-carried',
      'source-is-standby warns, and blocks where the source is to be frozen',
    ],
    because: 'the source is a standby all the same',
  },
  'staging-left': settled(
    'carry-out',
    'staging-left names what the clean-up could not drop, in the report, and how it goes',
  ),
  'staging-refused': settled(
    'check/not-carried',
    'staging-refused blocks where pg_hba.conf lets the role into other databases alone',
  ),
  subscription: {
    pasted: [
      'check/not-carried',
      'subscription has a remedy that hands its slot over to the target',
    ],
    because: 'the subscription stays on the source, without a slot',
  },
  'synchronous-standby': settled(
    'check/not-carried',
    'synchronous-standby warns of a target that waits for one, and nothing of a run waits for it',
  ),
  'system-privilege': settled(
    'check/refused-definitions',
    'is found for functions that the target does not have, and for no other',
  ),
  'system-row-type': settled(
    'check/objects',
    'system-row-type warns of a row of a catalog, not of one of a table',
  ),
  'system-schema-object': settled('check/system-schemas', 'is %s for %s'),
  'system-text-search': { words: 'what it is to become is for its owner to say' },
  'tablespace-differs': settled(
    'check/tablespaces',
    'what a tablespace of the source has and that of the target lacks is settled by its remedy',
  ),
  'tablespace-missing': settled(
    'check/objects',
    'tablespace-missing warns of one that the target lacks',
  ),
  'target-cannot-create-databases': settled(
    'check/not-carried',
    'target-cannot-create-databases blocks',
  ),
  'target-cannot-create-roles': settled('check/roles', 'is settled by its remedy'),
  'target-noinherit': settled(
    'check/roles',
    'target-noinherit blocks up to 15, and is settled by its remedy',
  ),
  'target-crashed': { words: 'the log of the target says why' },
  'target-disk-space': { words: 'a disk is to be made bigger' },
  'temp-file-limit': settled(
    'check/room',
    'warns of the largest index that the role of the target may not sort',
  ),
  'template-changed': { words: input },
  'text-search-stemmer': { words: 'of which text the words were made is written nowhere' },
  'trigger-generated': settled(
    'check/refused-definitions',
    'is found where a condition takes all of a row that has generated columns',
  ),
  'trigger-renamed': settled(
    'check/restoring',
    'trigger-renamed finds what a dump would call by a name that the target does not give',
  ),
  'type-without-input': settled(
    'check/objects',
    'type-without-input blocks on values that no server reads, not on NULLs',
  ),
  'unpopulated-view': settled(
    'check/objects',
    'unpopulated-view notes a materialized view without data',
  ),
  'unreadable-large-object': readable,
  'unreadable-sequence': readable,
  'unreadable-table': readable,
  'user-mapping-hidden': {
    pasted: [
      'check/not-carried',
      'user-mapping-hidden names a mapping whose options this role may not see',
    ],
    because: 'the source hides the options from this role all the same',
  },
  'validation-query-failed': { words: input },
  'validation-query-unused': { words: input },
  'view-foreign-table': { words: 'a server is to be made reachable' },
  'view-not-fillable': settled(
    'check/filled-views',
    'view-not-fillable finds views whose queries have come to yield what their unique indexes forbid',
  ),
  'view-not-readable': settled('check/filled-views', 'view-not-readable finds what %s'),
  'view-recursive': settled(
    'check/objects',
    'view-recursive blocks on a view that selects from itself, not on those that select from each other',
  ),
  'view-row-security': {
    pasted: ['transfer/row-security', 'is filled in full by what the warning says'],
    because: 'the database has been moved by then',
  },
  'wal-kept': settled(
    'check/kept-wal',
    'warns of a slot that nobody reads and of archiving that fails, and counts the WAL',
  ),
}
