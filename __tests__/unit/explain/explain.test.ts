/** Errors of the tools: their cause, what follows from them, and which of them lose nothing. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { explainErrors, explainFailure } from '../../../src/explain/index.js'
import { ProgramError, QueryError, UpgradeError } from '../../../src/errors.js'
import { knownErrors } from '../../../src/explain/known-errors.js'

const troubleshooting = readFileSync('docs/troubleshooting.md', 'utf8')

test.each([...new Set(knownErrors.map(({ heading }) => heading))])(
  'the heading %s is in docs/troubleshooting.md',
  (heading) => {
    expect(troubleshooting).toContain(`\n## ${heading}\n`)
  },
)

/** What pg_restore prints of one failed statement. */
const failed = (message: string, statement: string, ...more: string[]): string[] => [
  'pg_restore: from TOC entry 215; 1259 16386 TABLE t postgres',
  `pg_restore: error: could not execute query: ERROR:  ${message}`,
  ...more,
  `Command was: ${statement}`,
]

describe('reading', () => {
  test('takes message, detail, hint and statement of pg_restore 12 and later', () => {
    const [error] = explainErrors([
      'pg_restore: while PROCESSING TOC:',
      ...failed(
        'permission denied to create event trigger "et"',
        'CREATE EVENT TRIGGER "et" ON ddl_command_start',
        'HINT:  Must be superuser to create an event trigger.',
      ),
      '   EXECUTE FUNCTION "public"."f"();',
      '',
      'pg_restore: warning: errors ignored on restore: 1',
    ])
    expect(error).toMatchObject({
      message: 'permission denied to create event trigger "et"',
      statement: 'CREATE EVENT TRIGGER "et" ON ddl_command_start EXECUTE FUNCTION "public"."f"();',
      harmless: false,
      count: 1,
      explanation: { heading: 'needs-superuser' },
    })
  })

  test('reads the form of pg_restore 11', () => {
    const errors = explainErrors([
      'pg_restore: [archiver (db)] Error while PROCESSING TOC:',
      'pg_restore: [archiver (db)] Error from TOC entry 197; 1259 16386 TABLE t postgres',
      'pg_restore: [archiver (db)] could not execute query: ERROR:  role "x" does not exist',
      '    Command was: ALTER TABLE public.t OWNER TO x;',
      'WARNING: errors ignored on restore: 1',
    ])
    expect(errors).toMatchObject([
      { message: 'role "x" does not exist', statement: 'ALTER TABLE public.t OWNER TO x;' },
    ])
  })

  test.each([
    [
      [
        'pg_dump: error: query failed: ERROR:  query would be affected by row-level security policy for table "t"',
        'pg_dump: detail: Query was: COPY public.t (a) TO stdout;',
      ],
      'row-security',
    ],
    [
      [
        'pg_dump: error: Dumping the contents of table "big" failed: PQgetResult() failed.',
        'pg_dump: detail: Error message from server: ERROR:  invalid memory alloc request size 1120000003',
        'pg_dump: detail: Command was: COPY public.big (b) TO stdout;',
      ],
      'huge-value',
    ],
    [
      [
        'pg_dump: error: query failed: ERROR:  permission denied for table t',
        'pg_dump: detail: Query was: LOCK TABLE public.t IN ACCESS SHARE MODE',
      ],
      'unreadable-table',
    ],
    [
      [
        'pg_dump: error: aborting because of server version mismatch',
        'pg_dump: detail: server version: 18.4; pg_dump version: 15.18',
      ],
      'client-version-mismatch',
    ],
    [
      [
        'pg_restore: error: aborting because of server version mismatch',
        'pg_restore: detail: server version: 19.0; pg_restore version: 18.6',
      ],
      'client-version-mismatch',
    ],
    [['pg_dump: error: schema with OID 16388 does not exist'], 'schema-lost'],
    ...[
      ...['dictionary', 'affix', 'stop-word', 'synonym', 'thesaurus'].map((kind) => `${kind} file`),
      'file',
    ].map((kind): [string[], string] => [
      failed(
        `could not open ${kind} "/usr/share/postgresql/18/tsearch_data/mine.rules": No such file or directory`,
        'CREATE TEXT SEARCH DICTIONARY public.d ( TEMPLATE = pg_catalog.ispell );',
      ),
      'text-search-file',
    ]),
    [
      ['psql:/tmp/dump:17: ERROR:  type "abstime" does not exist', 'LINE 2:     a abstime'],
      'removed-type',
    ],
    [['psql:/tmp/dump:5: error: invalid command \\restrict'], 'client-version-mismatch'],
    [
      [
        'vacuumdb: error: vacuuming of table "public.t" in database "x" failed: ERROR:  canceling statement due to lock timeout',
      ],
      'exclusive-lock',
    ],
    // The words of PostgreSQL 15 in French, after the redaction.
    [
      [
        'pg_dump: error: query failed: ERREUR:  identifiant invalide du snapshot : …',
        "pg_dump: detail: Query was: SET TRANSACTION SNAPSHOT '00000004-000000BE-1'",
      ],
      'connection-lost',
    ],
    [['pg_restore: error: input file is too short (read 0, expected 5)'], 'dump-incomplete'],
    [
      [
        'pg_restore: error: COPY failed for table "chi": ERROR:  null value in column "a" of relation "chi" violates not-null constraint',
        'DETAIL:  Failing row contains (null, 1).',
        'CONTEXT:  COPY chi, line 1: "\\N\t1"',
      ],
      'not-null-dropped',
    ],
    [
      [
        'pg_restore: error: COPY failed for table "t": ERROR:  function helper(integer) does not exist',
        'LINE 1: select helper($1)',
        '               ^',
        'HINT:  No function matches the given name and argument types. You might need to add explicit type casts.',
        'QUERY:  select helper($1)',
        'CONTEXT:  SQL function "outerf" during inlining',
        'COPY t, line 1: "1"',
      ],
      'search-path',
    ],
    [
      [
        'pg_dump: error: connection to server at "192.0.2.1", port 5432 failed: FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute',
      ],
      'connections',
    ],
  ])('explains %j', (lines, heading) => {
    expect(explainErrors(lines)).toMatchObject([{ explanation: { heading } }])
  })

  test.each([
    ['database', 'ALTER DATABASE "a ""b""" CONNECTION LIMIT'],
    ['role', 'ALTER ROLE "a ""b""" CONNECTION LIMIT'],
  ])('names the CONNECTION LIMIT of the %s that leaves no room', (kind, statement) => {
    const line = `pg_dump: error: connection to server at "192.0.2.1", port 5432 failed: FATAL:  too many connections for ${kind} "a "b""`
    const [error] = explainErrors([line])
    expect(error?.explanation).toMatchObject({ heading: 'connections' })
    expect(error?.explanation?.remedy).toContain(statement)
    expect(error?.explanation?.remedy).not.toContain('max_connections')
  })

  test('reads to its end what holds a separator of lines of Unicode', () => {
    const message = 'relation "a\u2028b\u2029c\rd" does not exist'
    const statement = 'GRANT SELECT ON TABLE public."a\u2028b\u2029c\rd" TO app;'
    const hint = 'Look at a\u2028b.'
    expect(explainErrors(failed(message, statement, `HINT:  ${hint}`))).toMatchObject([
      { message, statement, details: hint },
    ])
  })

  test('does not take the names in verbose lines for errors', () => {
    expect(
      explainErrors([
        'pg_restore: creating TABLE "public.ERROR: x"',
        'pg_dump: dumping contents of table "public.error: y"',
      ]),
    ).toEqual([])
  })
})

/** Messages as servers of 11, 15 and 18 print them. */
test.each([
  ['extension "postgis" is not available', 'extension-missing'],
  [
    'could not open extension control file "/usr/share/postgresql/15/extension/postgis.control": No such file or directory',
    'extension-missing',
  ],
  [
    'Extension "pg_cron" is not allow-listed for "azure_pg_admin" users in Azure Database for PostgreSQL',
    'extension-not-allowed',
  ],
  ['permission denied to create extension "postgres_fdw"', 'extension-privilege'],
  ['extension "pg_cron" must be installed in schema "pg_catalog"', 'extension-schema'],
  ['function "normal_rand" already exists with same argument types', 'extension-member'],
  ['relation "spatial_ref_sys" already exists', 'extension-member'],
  ['cast from type hstore to type json already exists', 'extension-member'],
  ['pg_cron can only be loaded via shared_preload_libraries', 'extension-preload'],
  ['could not access file "$libdir/mine": No such file or directory', 'library-missing'],
  ['must be superuser to create FOR ALL TABLES publication', 'needs-superuser'],
  ['must be superuser to create text search templates', 'needs-superuser'],
  ['permission denied for language c', 'needs-superuser'],
  ['must be owner of type text or type public.hstore', 'needs-superuser'],
  ['permission denied for table pg_authid', 'needs-superuser'],
  ['permission denied to change owner of event trigger "et"', 'owner-not-superuser'],
  ['must be member of role "postgres"', 'role-not-settable'],
  ['must be able to SET ROLE "postgres"', 'role-not-settable'],
  ['permission denied to change default privileges', 'role-not-settable'],
  ['role "app" does not exist', 'role-missing'],
  ['role "16384" does not exist', 'role-vanished'],
  ['permission denied for schema public', 'role-not-settable'],
  ['Postfix operators are not supported.', 'removed-postfix-operator'],
  ['function array_append(anyarray, anyelement) does not exist', 'removed-polymorphic'],
  ['unrecognized configuration parameter "old_snapshot_threshold"', 'function-setting-unknown'],
  ['tables declared WITH OIDS are not supported', 'function-setting-unknown'],
  ['could not create unique index "t_pkey"', 'duplicate-values'],
  [
    'insert or update on table "c" violates foreign key constraint "c_p_fkey"',
    'foreign-key-violated',
  ],
  ['functions in index expression must be marked IMMUTABLE', 'function-not-immutable'],
  ['functions in partition key expression must be marked IMMUTABLE', 'function-not-immutable'],
  ['generation expression is not immutable', 'function-not-immutable'],
  ['index row size 2712 exceeds btree version 4 maximum 2704 for index "t_pkey"', 'index-row-size'],
  [
    'cannot attach index "t1_excl" as a partition of index "t_excl"\nThe index definitions do not match.',
    'partition-exclusion',
  ],
  ['column "x" inherits conflicting default values', 'inherited-default'],
  ['column "x" inherits conflicting generation expressions', 'inherited-default'],
  ['inherited column "v" has a storage parameter conflict', 'inherited-storage'],
  ['column "v" has a compression method conflict', 'inherited-storage'],
  [
    'ALTER action ALTER COLUMN ... SET COMPRESSION cannot be performed on relation "f"',
    'inherited-storage',
  ],
  ['constraint "t_a_not_null" for relation "t" already exists', 'not-null-name'],
  ['cannot create not-null constraint "c" on column "x" of table "t"', 'not-null-name'],
  ['negator operator >>= is already the negator of operator <<<', 'operator-link'],
  ['new row for relation "t" violates check constraint "t_check"', 'check-violated'],
  ['invalid byte sequence for encoding "UTF8": 0xe9', 'encoding'],
  [
    'character with byte sequence 0x9d in encoding "WIN1252" has no equivalent in encoding "UTF8"',
    'definition-not-utf8',
  ],
  [
    'character with byte sequence 0xe2 0x82 0xac in encoding "UTF8" has no equivalent in encoding "LATIN1"',
    'encoding',
  ],
  ['collation "de_DE.utf8" for encoding "UTF8" does not exist', 'collation-missing'],
  ['no security label providers have been loaded', 'security-label'],
  ['tablespace "fast" does not exist', 'tablespace-missing'],
  ['could not obtain lock on relation "public.t"', 'exclusive-lock'],
  ['out of shared memory', 'locks'],
  ['deadlock detected', 'deadlock'],
  ['could not extend file "base/1/2": No space left on device', 'disk-full'],
  ['unrecognized parameter "pg_attver"', 'pg-dump-outdated'],
  ['canceling statement due to conflict with recovery', 'source-is-standby'],
  ['terminating connection due to conflict with recovery', 'source-is-standby'],
  ['terminating connection due to administrator command', 'connection-lost'],
  ['invalid snapshot identifier: "00000003-0000001B-1"', 'connection-lost'],
  ['snapshot "00000003-0000001B-1" does not exist', 'connection-lost'],
  ['cache lookup failed for function 16420', 'definitions-changed'],
  ['could not open relation with OID 16420', 'definitions-changed'],
  ['server closed the connection unexpectedly', 'connection-lost'],
  ['permission denied to create database', 'target-cannot-create-databases'],
  ['can only create extension in database postgres', 'extension-procedure'],
  ['duplicate key value violates unique constraint "metadata_pkey"', 'extension-procedure'],
  ['unrecognized configuration parameter "cron.database_name"', 'extension-preload'],
  [
    'no pg_hba.conf entry for host "192.0.2.1", user "u", database "d", no encryption',
    'not-allowed-by-server',
  ],
  ['invalid memory alloc request size 1120000003', 'huge-value'],
  ['temporary file size exceeds "temp_file_limit" (1024kB)', 'temp-file-limit'],
  ['only superusers can grant role "pg_execute_server_program"', 'role-not-carried'],
  ['must be superuser to set grantor', 'role-not-carried'],
  ['invalid LC_COLLATE locale name: "English_United States.1252"', 'collation-missing'],
  ['terminating connection due to idle-in-transaction timeout', 'connection-lost'],
  ['connection to server at "192.0.2.1", port 5432 failed: timeout expired', 'connection-lost'],
  ['connection to database "d" failed: timeout expired', 'connection-lost'],
])('%s: see %s', (message, heading) => {
  expect(explainFailure(new Error(message))?.heading).toBe(heading)
})

test('a foreign key that refuses a copy is not blamed on the rows alone', () => {
  const refused = 'insert or update on table "a" violates foreign key constraint "a_b_fkey"'
  const alone = new Error(`Could not copy table "public"."a": ${refused} (SQLSTATE 23503)`)
  const several = new Error(`2 objects could not be moved:\n- ${alone.message}\n- another`)
  for (const error of [alone, several]) {
    expect(explainFailure(error)?.cause).toMatch(/^The table belongs to an extension/)
  }
  expect(explainFailure(new Error(refused))?.cause).toContain('refer to each other in a circle')
  const added = new Error(`Could not add foreign key "a a_b_fkey" on the target: ${refused}`)
  expect(explainFailure(added)?.cause).toMatch(/^Rows of the source point to rows/)
})

test('a table that is created after what inlines a function that names it is not looked for in the search_path', () => {
  const explained = (name: string) =>
    explainErrors([
      `pg_restore: error: could not execute query: ERROR:  relation "${name}" does not exist`,
      'CONTEXT:  SQL function "Rate of" during inlining',
      'Command was: CREATE TABLE public.orders (',
    ])[0]?.explanation
  expect(explained('public.rates')).toMatchObject({
    cause: expect.stringContaining('what the body names is created later'),
    remedy: expect.stringContaining('alter function the_schema."Rate of" set search_path'),
  })
  expect(explained('rates')?.cause).toMatch(/only by the search_path/)
})

test('a check that refuses rows may have looked for those that come later', () => {
  const known = explainFailure(
    new Error('new row for relation "t" violates check constraint "t_check"'),
    'target',
  )
  expect(known?.cause).toContain('looks into another table')
  expect(known?.remedy).toContain('set "method" to "copy"')
})

test.each([
  ['transaction', 'transaction_timeout'],
  ['idle-session', 'idle_session_timeout'],
  ['idle-in-transaction', 'idle_in_transaction_session_timeout'],
])('a session that the %s timeout has ended is explained by %s', (kind, name) => {
  const error = new Error(`terminating connection due to ${kind} timeout`)
  expect(explainFailure(error, 'source')?.remedy).toMatch(
    new RegExp(`^-- on the source;.*\nalter role the_role_of_its_url set ${name} = 0;$`),
  )
})

test('a grantor without USAGE on the schema is named', () => {
  const [error] = explainErrors(
    failed(
      'permission denied for schema my app',
      'SET SESSION AUTHORIZATION "the ""lead"; GRANT SELECT ON TABLE "my app".t TO dev; RESET SESSION AUTHORIZATION;',
    ),
  )
  expect(error?.explanation).toMatchObject({
    heading: 'grantor-usage',
    remedy: '-- on the source\ngrant usage on schema "my app" to "the ""lead";',
  })
})

test('an owner who is no superuser is told how to be replaced', () => {
  const [error] = explainErrors(
    failed(
      'permission denied to change owner of foreign-data wrapper "my wrapper"',
      'ALTER FOREIGN DATA WRAPPER "my wrapper" OWNER TO dev;',
    ),
  )
  expect(error?.explanation).toMatchObject({
    heading: 'owner-not-superuser',
    remedy:
      '-- on the source, as a superuser\nalter foreign data wrapper "my wrapper" owner to current_user;',
  })
})

test('a unique index that a refresh does not fill is not said to be damaged', () => {
  const message = 'could not create unique index "mv_a"'
  const [error] = explainErrors(failed(message, 'REFRESH MATERIALIZED VIEW "my app".mv;'))
  expect(error?.explanation).toMatchObject({
    heading: 'view-not-fillable',
    remedy: expect.stringMatching(/\nrefresh materialized view "my app".mv;$/),
  })
  const [built] = explainErrors(failed(message, 'CREATE UNIQUE INDEX mv_a ON public.t (a);'))
  expect(built?.explanation?.heading).toBe('duplicate-values')
  const cause = new QueryError(`${message} (SQLSTATE 23505) on the target`, {
    code: 'query-failed',
  })
  const ofOurs = new UpgradeError(
    `Could not fill the materialized view public.mv on the target: ${cause.message}`,
    { code: 'query-failed', cause },
  )
  expect(explainFailure(ofOurs)).toMatchObject({
    heading: 'view-not-fillable',
    remedy: expect.stringMatching(/\nrefresh materialized view public.mv;$/),
  })
})

test('a parameter that the query of a materialized view asks for is not looked for at a function', () => {
  const said = 'unrecognized configuration parameter "app.region" (SQLSTATE 42704) on the target'
  const cause = new QueryError(said, { code: 'query-failed' })
  const ofOurs = new UpgradeError(
    `Could not fill the materialized view public.mv on the target: ${said}`,
    { code: 'query-failed', cause },
  )
  expect(explainFailure(ofOurs)).toMatchObject({
    heading: 'view-not-fillable',
    remedy: expect.stringMatching(/\nalter database the_database set "app"."region" = /),
  })
})

test('a full disk of a server is not blamed on the method', () => {
  const remedy = (message: string) => explainFailure(new Error(message))?.remedy
  const full = 'No space left on device'
  expect(remedy(`could not extend file "base/16384/16402": ${full}`)).not.toMatch(/method/)
  expect(remedy(`could not write to file "base/pgsql_tmp/a": ${full}`)).not.toMatch(/method/)
  expect(remedy(`could not write to output file: ${full}`)).toMatch(/"method" to "stream"/)
})

test('a role that is new on the source is not made by hand, without its password', () => {
  const explained = explainFailure(new Error('role "app" does not exist'))
  expect(explained?.cause).toMatch(/created on the source after the run had moved the roles/)
  expect(explained?.remedy).toMatch(
    /^Where it is new on the source, run again.*create role "app";$/s,
  )
})

test('a deadlock on the source is not blamed on who works on the target', () => {
  const cause = (side?: 'source' | 'target') =>
    explainFailure(new Error('deadlock detected'), side)?.cause
  expect(cause('source')).toMatch(/definitions of all tables of the source/)
  expect(cause('target')).toMatch(/worked on the target/)
  expect(cause()).toBe(cause('target'))
})

test('a message that nothing is known of has no explanation', () => {
  expect(explainFailure(new Error('something unheard of'))).toBeUndefined()
})

test('a parameter of newer tools is told from a setting of a function', () => {
  const heading = (statement: string) =>
    explainErrors(
      failed('unrecognized configuration parameter "transaction_timeout"', statement),
    )[0]?.explanation?.heading
  expect(heading('SET transaction_timeout = 0;')).toBe('client-version-mismatch')
  expect(heading('CREATE FUNCTION public.f() RETURNS integer')).toBe('function-setting-unknown')
})

describe('consequences', () => {
  test('are put under the missing extension, through what they themselves keep from being', () => {
    const errors = explainErrors([
      ...failed(
        'extension "postgis" is not available',
        'CREATE EXTENSION IF NOT EXISTS "postgis" WITH SCHEMA "public";',
      ),
      ...failed('type "public.geometry" does not exist', 'CREATE TABLE "public"."places" ('),
      ...failed(
        'relation "public.places" does not exist',
        'ALTER TABLE "public"."places" OWNER TO "app";',
      ),
      'pg_restore: error: could not execute query: ERROR:  relation "public.places" does not exist',
      'Command was: COPY "public"."places" ("id") FROM stdin;',
      ...failed('role "app" does not exist', 'ALTER TABLE "public"."other" OWNER TO "app";'),
    ])
    expect(errors).toMatchObject([
      {
        message: 'extension "postgis" is not available',
        consequences: [
          'type "public.geometry" does not exist',
          'relation "public.places" does not exist',
          'relation "public.places" does not exist',
        ],
        explanation: { heading: 'extension-missing' },
      },
      { message: 'role "app" does not exist', consequences: [] },
    ])
  })

  test.each([
    [
      'permission denied to create extension "postgres_fdw"',
      'CREATE EXTENSION postgres_fdw;',
      'foreign-data wrapper "postgres_fdw" does not exist',
    ],
    [
      'type "abstime" does not exist',
      'CREATE TABLE public.t (',
      'relation "public.t" does not exist',
    ],
    ['permission denied', 'CREATE SCHEMA "My ""app""";', 'schema "My "app"" does not exist'],
    [
      'permission denied for language c',
      'CREATE FUNCTION app.f(integer) RETURNS integer',
      'function app.f(integer) does not exist',
    ],
  ])('%s, then %j', (message, statement, consequence) => {
    const errors = explainErrors([
      ...failed(message, statement),
      ...failed(consequence, 'SELECT 1;'),
    ])
    expect(errors).toMatchObject([{ message, consequences: [consequence] }])
  })

  test('are not assumed where the missing thing is another', () => {
    const errors = explainErrors([
      ...failed('type "abstime" does not exist', 'CREATE TABLE public.t ('),
      ...failed('relation "public.u" does not exist', 'ALTER TABLE public.u OWNER TO app;'),
    ])
    expect(errors.map(({ consequences }) => consequences)).toEqual([[], []])
  })

  test('no error is lost: causes, repetitions and consequences add up', () => {
    const lines = [
      ...failed('role "x" does not exist', 'ALTER TABLE public.a OWNER TO x;'),
      ...failed('role "x" does not exist', 'ALTER TABLE public.b OWNER TO x;'),
      ...failed('type "y" does not exist', 'CREATE TABLE public.c ('),
      ...failed('relation "public.c" does not exist', 'ALTER TABLE public.c OWNER TO x;'),
    ]
    const errors = explainErrors(lines)
    const sum = errors.reduce(
      (total, { count, consequences }) => total + count + consequences.length,
      0,
    )
    expect(sum).toBe(4)
    expect(errors).toHaveLength(2)
  })
})

test("an extension's own operators are told from those of users", () => {
  const message = 'negator operator >= is already the negator of operator <'
  const [own] = explainErrors(
    failed(message, 'CREATE EXTENSION IF NOT EXISTS "deb version" WITH SCHEMA public;'),
    'target',
  )
  expect(own?.explanation).toMatchObject({ heading: 'operator-link' })
  expect(own?.explanation?.remedy).toContain('build of the extension "deb version" on the target')
  const [users] = explainErrors(failed(message, 'CREATE OPERATOR public.> ('), 'target')
  expect(users?.explanation?.remedy).toContain('on the source')
})

describe('harmless', () => {
  test.each([
    ['schema "public" already exists', 'CREATE SCHEMA public;'],
    ['schema "public" already exists', 'CREATE SCHEMA "public";'],
    ['must be owner of extension plpgsql', `COMMENT ON EXTENSION plpgsql IS 'PL/pgSQL';`],
    ['must be owner of extension hstore', `COMMENT ON EXTENSION "hstore" IS 'pairs';`],
  ])('is %s for %s', (message, statement) => {
    expect(explainErrors(failed(message, statement))).toMatchObject([
      { harmless: true, why: expect.any(String) },
    ])
  })

  test.each([
    ['schema "public2" already exists', 'CREATE SCHEMA public2;'],
    ['schema "public" already exists', 'ALTER SCHEMA app RENAME TO public;'],
    ['schema "app" already exists', 'CREATE SCHEMA app;'],
    ['must be owner of extension hstore', 'DROP EXTENSION hstore;'],
    ['must be owner of table t', `COMMENT ON EXTENSION hstore IS 'x';`],
    ['relation "t" already exists', 'CREATE TABLE public.t ('],
  ])('is not %s for %s', (message, statement) => {
    expect(explainErrors(failed(message, statement))).toMatchObject([{ harmless: false }])
  })

  test('is not what a function said while rows were stored, in the very words', () => {
    const lines = [
      'psql:<stdin>:7: ERROR:  schema "public" already exists',
      'CONTEXT:  PL/pgSQL function public.checked(integer) line 1 at RAISE',
    ]
    expect(explainErrors(lines)).toMatchObject([{ harmless: false }])
  })

  test.each([
    ['a line of the tool', ['pg_restore: on it goes']],
    ['the statement', ['Command was: CREATE SCHEMA public;', 'pg_restore: on it goes']],
    ['the count at the end', ['WARNING: errors ignored on restore: 1']],
    [
      'more lines than are told',
      ['Command was: CREATE SCHEMA public;', ...Array.from({ length: 300 }, () => '')],
    ],
  ])('is not what a function said that has added %s', (_what, added) => {
    const lines = [
      'pg_restore: error: COPY failed for table "t": ERROR:  schema "public" already exists',
      ...added,
      'CONTEXT:  PL/pgSQL function public.checked(integer) line 1 at RAISE',
      'COPY t, line 1: "1"',
      'pg_restore: warning: errors ignored on restore: 1',
    ]
    expect(explainErrors(lines)).toMatchObject([{ harmless: false }])
  })

  test('is not what pg_restore prints no statement of', () => {
    const line =
      'pg_restore: error: COPY failed for table "t": ERROR:  schema "public" already exists'
    expect(explainErrors([line])).toMatchObject([{ harmless: false }])
  })

  test('repetitions are counted', () => {
    const error = failed('schema "public" already exists', 'CREATE SCHEMA public;')
    expect(explainErrors([...error, ...error])).toMatchObject([{ count: 2 }])
  })
})

describe('a failure', () => {
  test('of a tool is explained by what it printed', () => {
    const error = new ProgramError('pg_dump (source) ended with exit code 1', {
      code: 'pg-dump-failed',
      program: 'pg_dump',
      output: [
        'pg_dump: error: query failed: ERROR:  permission denied for table t',
        'pg_dump: detail: Query was: LOCK TABLE public.t IN ACCESS SHARE MODE',
      ],
    })
    expect(explainFailure(error)?.heading).toBe('unreadable-table')
  })

  test("of a session is explained by the server's message among its causes", () => {
    const cause = new Error('must be able to SET ROLE "app"')
    const query = new QueryError('must be able to SET ROLE "app" (SQLSTATE 42501) on the target', {
      code: 'query-failed',
      cause,
    })
    const error = new UpgradeError('Could not give "t" to "app"', {
      code: 'query-failed',
      cause: query,
    })
    expect(explainFailure(error)?.heading).toBe('role-not-settable')
  })

  test('of several objects is known by the words of each, and mended on the side that said it', () => {
    const failure = (side: 'source' | 'target') =>
      new UpgradeError(`Could not add foreign key "k" on the ${side}: out of shared memory`, {
        code: 'query-failed',
        side,
        cause: new QueryError('out of shared memory (SQLSTATE 53200)', {
          code: 'query-failed',
          side,
        }),
      })
    const remedy = (side: 'source' | 'target') =>
      explainFailure(
        new UpgradeError('2 objects of database "d" could not be moved:', {
          code: 'query-failed',
          side,
          cause: new AggregateError([new Error('unknown'), failure(side)]),
        }),
      )?.remedy
    expect(remedy('target')).toContain('max_locks_per_transaction on the target and')
    expect(remedy('source')).toContain('max_locks_per_transaction on the source and')
  })

  test('of the source is not mended on the target', () => {
    const message = 'must be owner of database shop'
    const said = (side: 'source' | 'target') =>
      explainFailure(new QueryError(message, { code: 'query-failed', side }))?.heading
    expect([said('source'), said('target')]).toEqual([undefined, 'role-not-settable'])
    const cause = new QueryError('not this', {
      code: 'query-failed',
      side: 'source',
      cause: new Error(message),
    })
    expect(explainFailure(new Error('nor this', { cause }))).toBeUndefined()
  })

  test('of this machine is explained in the words of a tool, and not in ours', () => {
    const full = 'Could not unpack libc6.deb: dpkg-deb: error: No space left on device'
    const details = { code: 'client-unpack', side: 'runner' } as const
    expect(explainFailure(new UpgradeError(full, details))).toBeUndefined()
    const output = ['pg_restore: error: could not write to output file: No space left on device']
    const tool = new ProgramError(full, { ...details, program: 'pg_restore', output })
    expect(explainFailure(new UpgradeError('not this', { ...details, cause: tool }))?.heading).toBe(
      'disk-full',
    )
  })

  test.each(['table t', 'schema app'])('to read %s is no matter of creating there', (what) => {
    const query = new QueryError(`permission denied for ${what} (SQLSTATE 42501) on the target`, {
      code: 'query-failed',
      side: 'target',
      cause: new Error(`permission denied for ${what}`),
    })
    const error = new UpgradeError(
      `Could not read table "app"."t" on the target: ${query.message}`,
      { code: 'query-failed', cause: query },
    )
    const explanation = explainFailure(error)
    expect(explanation?.heading).toBe('unreadable-table')
    expect(explanation?.remedy).toMatch(/^-- on the target, .*\ngrant pg_read_all_data to /)
  })

  test('to call a function of an index is needed to read its table', () => {
    const cause = new Error('permission denied for function epoch')
    const query = new QueryError(`${cause.message} (SQLSTATE 42501) on the source`, {
      code: 'query-failed',
      side: 'source',
      cause,
    })
    const error = new UpgradeError(
      `Could not read table "app"."t" on the source: ${query.message}`,
      { code: 'query-failed', cause: query },
    )
    const explanation = explainFailure(error)
    expect(explanation?.heading).toBe('unreadable-table')
    expect(explanation?.remedy).toMatch(
      /^-- on the source, .*\ngrant execute on function "?epoch"? to /,
    )
  })

  test('to connect to a database is no matter of its schemas', () => {
    const message = 'permission denied for database "postgres"'
    expect(explainFailure(new Error(message))).toBeUndefined()
    const [created] = explainErrors([
      `pg_restore: error: could not execute query: ERROR:  ${message}`,
      'Command was: CREATE SCHEMA app;',
    ])
    expect(created?.explanation?.remedy).toContain('grant create on database "postgres"')
  })

  test('of which nothing is known has no explanation', () => {
    expect(explainFailure(new Error('unheard of', { cause: 'nor of this' }))).toBeUndefined()
    expect(explainFailure('a string')).toBeUndefined()
  })
})

// A pattern that looked at the same characters again and again would need hours.
test('a long message about what is not there is looked at once', () => {
  const message = `type ${'x'.repeat(1_000_000)}`
  const errors = explainErrors([
    ...failed('no', 'CREATE TYPE "t" AS ENUM ();'),
    ...failed(message, 'CREATE TABLE "u" ();'),
  ])
  expect(errors).toMatchObject([{ consequences: [] }, { message }])
})

test('an extension whose name every object knows is one of which nothing is known', () => {
  const errors = explainErrors(
    failed('extension "constructor" is not available', 'CREATE EXTENSION "constructor";'),
  )
  expect(errors).toMatchObject([{ count: 1, consequences: [] }])
})
