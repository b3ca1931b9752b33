import { describe, expect, it } from '@jest/globals'
import { withoutSecrets } from '../../../src/telling/secrets.js'

describe('withoutSecrets', () => {
  it.each([
    `Command was: CREATE USER MAPPING FOR app SERVER s OPTIONS (password 'hunter2', "user" 'u');`,
    `Command was: CREATE SUBSCRIPTION s CONNECTION 'host=x password=hunter2' PUBLICATION p`,
    `Command was: CREATE SUBSCRIPTION s CONNECTION 'host=x password=''hunter2'' user=y' PUBLICATION p`,
    `ALTER ROLE x PASSWORD 'hunter2'`,
    `could not connect to postgresql://u:hunter2@h/d`,
    `OPTIONS (sslpassword 'it''s hunter2')`,
    `CREATE SUBSCRIPTION s CONNECTION 'host=x password=a\\''hunter2' PUBLICATION p`,
    `CREATE SUBSCRIPTION s CONNECTION 'host=x password=''a\\''hunter2''' PUBLICATION p`,
    `CREATE SUBSCRIPTION s CONNECTION 'host=x password=x\\ hunter2' PUBLICATION p`,
    `CREATE SUBSCRIPTION s CONNECTION E'host=x password=''x\\\\''hunter2''' PUBLICATION p`,
    `CREATE SUBSCRIPTION s CONNECTION 'postgresql://u:a@hunter2@h/d' PUBLICATION p`,
    `CREATE SUBSCRIPTION s CONNECTION 'host=x\npassword = hunter2\nuser=hunter2' PUBLICATION p`,
    `ALTER SUBSCRIPTION s CONNECTION 'host=x password=a hunter2`,
    `OPTIONS (\n    password 'a\nhunter2',\n    "user" 'u'\n);`,
    `OPTIONS (pwd 'hunter2')`,
    `OPTIONS (passphrase 'hunter2', credential 'hunter2', private_key 'hunter2', secret 'hunter2', token 'hunter2')`,
    `SET "app.jwt_secret" TO 'hunter2'`,
    `select dblink_connect('host=h password=a\\''hunter2 user=u')`,
    `select dblink_connect('c', 'password=''a hunter2'' user=u')`,
    `dblink_connect("password=hunter2")`,
    `host=x password='a\\'hunter2' user=y`,
    `options: ["host=h","password=a \\"hunter2","user=u"]`,
    `options: ["access key id=hunter2","user=u"]`,
    `headers: {"api_key": "hunter2"}`,
    `missing "=" after "hunter2" in connection info string`,
    `amqp://user:a/hunter2@h/d`,
    `execute 'alter role x password ''hunter2''';`,
    `execute 'create user mapping for z server s options (user ''u'', password ''hunter2'')';`,
    `execute format('create user %I with encrypted password ''hunter2''', 'y');`,
    `execute 'execute ''alter role x password ''''hunter2'''' ''';`,
    `execute 'alter role x password ''it''''s hunter2''';`,
    `execute 'alter role x password ''a' || 'hunter2' || '''';`,
    `execute 'alter role x password '|| quote_literal('hunter2');`,
    `execute 'alter role x password '\n        || quote_literal('hunter2');`,
    `execute 'alter role x password ''' || 'hunter2' || '''';`,
    `execute concat('alter role x password ', quote_literal('hunter2'));`,
    `execute format('alter role %I password %L', 'x', 'hunter2');`,
    `execute format('alter role %I password ''%s'' valid until %L', 'x', 'hunter2', y);`,
    `execute 'alter role x password ' || quote_literal(p); v_password := 'hunter2';`,
    `if v_password = '' then v_password := 'hunter2'; end if;`,
    `OPTIONS (password '', token 'hunter2')`,
    `OPTIONS (password ',a', token 'hunter2')`,
    `alter role x password $$hunter2$$`,
    `alter role x password $a$it's $$ hunter2$a$`,
    `alter role x password U&'hunter2'`,
    `alter role x password 'hunter2\\`,
    `perform dblink_connect('host=h password=' || 'hunter2');`,
    `perform dblink_connect('dbname=x password=''a hunter2''');`,
    `alter role x password 'a' || 'hunter2'`,
    `CHECK ((api_password <> 'hunter2'::text))`,
    `CHECK (((api_password)::text <> 'hunter2'::text))`,
    `USING ((current_setting('app.token'::text) = 'hunter2'::text))`,
    `v_password constant character varying(20) := 'hunter2';`,
    `f(p_password text DEFAULT 'hunter2'::text)`,
    `update u set password = crypt('hunter2', gen_salt('bf'))`,
    `OPTIONS ("access key id" 'hunter2')`,
    `http_header('Authorization', 'Bearer hunter2')`,
    `COMMENT ON TABLE t IS 'login app, password: hunter2, ask Ann';`,
    `{"password": "x\\\u2028hunter2"}`,
    `password: "x\\\u2028hunter2"`,
    `select 'Password: hunter2'`,
    `execute 'select ''api_key:hunter2''';`,
    `api_token : "a hunter2"`,
    `SELECT 'hunter2'::text AS password;`,
    `SELECT 'it''s hunter2'::character varying(20) AS "ApiToken"`,
    `SELECT ('hunter2'::text || t.id) AS db_password,`,
    `CASE\n  WHEN (kind = 'a'::text) THEN 'hunter2'::text\n  ELSE 'hunter2'::text\n END AS secret`,
    `execute 'select ''hunter2'' as password';`,
    `doesn't work: SELECT 'hunter2' AS password`,
  ])('takes the password out of %s', (line) => {
    expect(withoutSecrets(line)).not.toContain('hunter2')
    expect(withoutSecrets(line)).toContain('***')
  })

  it.each([
    [`OPTIONS (password 'x', "user" 'u')`, `OPTIONS (password '***', "user" 'u')`],
    ['options: ["password=x","user=u"]', 'options: ["password=***","user=u"]'],
    ['settings: ["password_encryption=md5"]', 'settings: ["password_encryption=md5"]'],
    [`IS 'password: x, of "app"'`, `IS 'password: *** of "app"'`],
    ['host=h password=x user=u', 'host=h password=*** user=u'],
    [`execute 'alter role x password ''x''';`, `execute 'alter role x password ''***''';`],
    [
      `CREATE INDEX i ON t USING btree (f(('password ''x'''::text || y)))`,
      `CREATE INDEX i ON t USING btree (f(('password ''***'''::text || y)))`,
    ],
    [
      `execute 'alter role x password ' || p;\nraise notice 'done';`,
      `execute 'alter role x password ***;\nraise notice 'done';`,
    ],
    [
      `CHECK ((password <> ''::text) AND (kind <> 'b'::text))`,
      `CHECK ((password <> '***'::text) AND (kind <> 'b'::text))`,
    ],
    [
      `CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p WITH (slot_name = 's')`,
      `CREATE SUBSCRIPTION s CONNECTION '***' PUBLICATION p WITH (slot_name = 's')`,
    ],
    [
      `SELECT 'a'::text AS kind, t.id,\n 'x'::text AS secret, 'b'::text AS name`,
      `SELECT 'a'::text AS kind, t.id,\n '***'::text AS secret, 'b'::text AS name`,
    ],
  ])('leaves what stands around it in %s', (text, told) => {
    expect(withoutSecrets(text)).toBe(told)
  })

  it.each([
    'pg_restore: creating TABLE "public.password_resets"',
    'pg_dump: error: query failed: ERROR:  permission denied for table t',
    'options: ["host=h","user=u"]',
    `if token::int > 1 then password := p; end if`,
    `CHECK (kind = ANY (ARRAY['password'::text, 'token'::text]))`,
    'select t.id from token t where t.token = $1',
    'See https://example.com/a:b/docs#c',
    'connection to server at "h" (::1), port 5432 failed',
    "comment on column users.password is 'text'",
    `SELECT 'a'::text AS kind, t.token AS password, 'b'::text AS x`,
  ])('leaves %s as it is', (line) => {
    expect(withoutSecrets(line)).toBe(line)
  })

  // A rule that looked at the same characters again and again would need hours.
  it.each([
    'password',
    'password\t',
    'api_key',
    'a://b:',
    'SET "a',
    'SET .',
    'connection',
    `'''a ''b`,
    `'AS `,
    `'' `,
  ])('looks once at a long line of %j', (part) => {
    const long = `x "${part.repeat(1_000_000 / part.length)}`
    expect(withoutSecrets(long)).toBe(long)
    expect(withoutSecrets(`SET "${'.'.repeat(1_000_000)}`)).toMatch(/^SET "\.+$/)
  })

  it.each([
    [`{"password_${'a'.repeat(500)}": "hunter2"}`],
    [`password_${'a'.repeat(500)}_token_${'b'.repeat(500)} = 'hunter2'`],
    [`secretoken 'hunter2'`],
    [`SET "..a.b" TO 'hunter2'`],
  ])('takes the value of a name of any length out of %s', (line) => {
    expect(withoutSecrets(line)).not.toContain('hunter2')
  })
})
