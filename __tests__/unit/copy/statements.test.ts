import { describe, expect, test } from '@jest/globals'
import {
  foreignKeyStatements,
  indexStatements,
  splitStatements,
  uniqueConstraintStatements,
} from '../../../src/transfer/copy/indexes/statements.js'

describe('splitting statements', () => {
  test('semicolons inside names and strings do not end a statement', () => {
    expect(splitStatements(`create "a;""b" (';''); x', E'\\\\'';');\n\nalter y;\n`)).toEqual([
      `create "a;""b" (';''); x', E'\\\\'';')`,
      'alter y',
    ])
  })
})

describe('an index', () => {
  test('what alters its table waits until the builds of that table have ended', () => {
    const sql =
      'CREATE INDEX "i" ON "s"."t" USING "btree" ("a");\n\nALTER TABLE "s"."t" CLUSTER ON "i";\n'
    expect(indexStatements(sql)).toEqual({
      build: 'CREATE INDEX "i" ON "s"."t" USING "btree" ("a")',
      finish: ['ALTER TABLE "s"."t" CLUSTER ON "i"'],
    })
  })
})

describe('a unique constraint', () => {
  test.each([
    [
      'ALTER TABLE ONLY "s"."t"\n    ADD CONSTRAINT "p" PRIMARY KEY ("a", "b");\n',
      'CREATE UNIQUE INDEX "p" ON "s"."t" USING btree ("a", "b")',
      'ALTER TABLE ONLY "s"."t" ADD CONSTRAINT "p" PRIMARY KEY USING INDEX "p"',
    ],
    [
      "ALTER TABLE ONLY public.t\n    ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b, c) WITH (fillfactor='70') DEFERRABLE INITIALLY DEFERRED;\n",
      "CREATE UNIQUE INDEX u ON public.t USING btree (a) INCLUDE (b, c) NULLS NOT DISTINCT WITH (fillfactor='70')",
      'ALTER TABLE ONLY public.t ADD CONSTRAINT u UNIQUE USING INDEX u DEFERRABLE INITIALLY DEFERRED',
    ],
    [
      'ALTER TABLE ONLY "s"."t"\n    ADD CONSTRAINT "x) "" (" UNIQUE ("a)", "b(""");\n',
      'CREATE UNIQUE INDEX "x) "" (" ON "s"."t" USING btree ("a)", "b(""")',
      'ALTER TABLE ONLY "s"."t" ADD CONSTRAINT "x) "" (" UNIQUE USING INDEX "x) "" ("',
    ],
  ])('%s is built as an index first', (sql, build, add) => {
    expect(uniqueConstraintStatements(sql)).toEqual({ build, finish: [add] })
  })

  test('a name that looks like the rest of the statement does not mislead', () => {
    const sql =
      'ALTER TABLE ONLY "s"."t\n    ADD CONSTRAINT ""z"" UNIQUE ("\n    ADD CONSTRAINT "u" UNIQUE ("a");\n'
    expect(uniqueConstraintStatements(sql)?.build).toBe(
      'CREATE UNIQUE INDEX "u" ON "s"."t\n    ADD CONSTRAINT ""z"" UNIQUE (" USING btree ("a")',
    )
  })

  test.each([
    'ALTER TABLE ONLY t\n    ADD CONSTRAINT e EXCLUDE USING gist (r WITH &&);\n',
    'ALTER TABLE ONLY t\n    ADD CONSTRAINT p PRIMARY KEY (a, r WITHOUT OVERLAPS);\n',
    'ALTER TABLE ONLY t\n    ADD CONSTRAINT p PRIMARY KEY (a) SOMETHING NEW;\n',
  ])('%s is left as it is', (sql) => {
    expect(uniqueConstraintStatements(sql)).toBeNull()
  })
})

describe('a foreign key', () => {
  const sql =
    'ALTER TABLE ONLY "a"\n    ADD CONSTRAINT "f" FOREIGN KEY ("x") REFERENCES "b"("y") ON DELETE CASCADE DEFERRABLE;\n'

  test('is added without validation, then validated', () => {
    expect(foreignKeyStatements(sql, false)).toEqual({
      table: '"a"',
      whole: sql.trim().slice(0, -1),
      add: 'ALTER TABLE ONLY "a"\n    ADD CONSTRAINT "f" FOREIGN KEY ("x") REFERENCES "b"("y") ON DELETE CASCADE DEFERRABLE NOT VALID',
      validate: 'ALTER TABLE ONLY "a" VALIDATE CONSTRAINT "f"',
    })
  })

  test('with a partitioned table on either end it is added in one step', () => {
    expect(foreignKeyStatements(sql, true).validate).toBeNull()
  })

  test.each(['NOT VALID', 'NOT ENFORCED'])('one that is %s on the source stays so', (state) => {
    const left = sql.replace(' DEFERRABLE;', ` ${state};`)
    expect(foreignKeyStatements(left, false)).toEqual({
      table: '"a"',
      whole: left.trim().slice(0, -1),
      add: left.trim().slice(0, -1),
      validate: null,
    })
  })
})
