import { describe, expect, it } from '@jest/globals'
import { withoutRows } from '../../../src/telling/rows.js'

describe('withoutRows', () => {
  it.each([
    [
      'DETAIL:  Failing row contains (1, Erika, S3cret\nS3cret (a)., null).\nCONTEXT:  COPY t, line 1: "1\tErika\tS3cret\\n"',
      'DETAIL:  Failing row contains (…).\nCONTEXT:  COPY t, line 1',
    ],
    ['Failing row contains (a, b) = (1, S3cret).', 'Failing row contains (…).'],
    [
      'Partition key of the failing row contains (id, name) = (5, S3cret).',
      'Partition key of the failing row contains (…).',
    ],
    ['Key (id)=(S3cret) already exists.', 'Key (id) already exists.'],
    ['Key (id)=(S3cret, cut in the midd', 'Key (id)'],
    ['Key (lower(name))=(a) b) S3cret\nS3cret) is duplicated.', 'Key (lower(name)) is duplicated.'],
    [
      'Key (a, b)=(1, S3cret) is not present in table "p".',
      'Key (a, b) is not present in table "p".',
    ],
    [
      'DETAIL:  Key (r)=([1,S3cret)) conflicts with existing key (r)=([1,S3cret)).\nHINT:  No.',
      'DETAIL:  Key (r) conflicts with existing key (r).\nHINT:  No.',
    ],
    [
      'CONTEXT:  COPY t, line 3, column a: "S3cret\nS3cret"\npg_restore: from TOC entry 4',
      'CONTEXT:  COPY t, line 3, column a\npg_restore: from TOC entry 4',
    ],
    [
      'pg_restore: error: COPY failed for table "t": ERROR:  invalid input syntax for type integer: "S3cret"\nCONTEXT:  COPY t, line 3, column a: "S3cret"',
      'pg_restore: error: COPY failed for table "t": ERROR:  invalid input syntax for type integer\nCONTEXT:  COPY t, line 3, column a',
    ],
    ['invalid input value for enum mood: "S3cret"', 'invalid input value for enum mood'],
    ['date/time field value out of range: "S3cret"', 'date/time field value out of range'],
    [
      'ERROR:  value "S3cret" is out of range for type integer',
      'ERROR:  value "…" is out of range for type integer',
    ],
    ['malformed array literal: "{S3cret"', 'malformed array literal'],
    [
      'DETAIL:  Token "S3cret" is invalid.\nCONTEXT:  JSON data, line 1: {"a": S3cret...\nCOPY t, line 1, column j: "{"a": S3cret}"',
      'DETAIL:  Token "…" is invalid.\nCONTEXT:  JSON data, line 1\nCOPY t, line 1, column j',
    ],
    ['Expected "," or "}", but found "S3cret".', 'Expected "," or "}", but found "…".'],
    [
      'DETAIL:  line 1: Premature end of data\n<a>S3cret\n         ^\nCONTEXT:  COPY t, line 1, column x: "<a>S3cret"',
      'DETAIL:  line 1: Premature end of data\nCONTEXT:  COPY t, line 1, column x',
    ],
    [
      "Command was: INSERT INTO public.t VALUES (1, 'S3cret\n');\npg_restore: creating INDEX",
      'Command was: INSERT INTO public.t VALUES (…);\npg_restore: creating INDEX',
    ],
    ["LINE 1: ...t VALUES (1, 'S3cret'", 'LINE 1: …'],
    ["extended query with parameters: $1 = 'S3cret'", 'extended query with parameters: …'],
  ])('keeps what is no value of %j', (text, told) => {
    expect(withoutRows(text)).toBe(told)
  })

  it.each([
    'duplicate key value violates unique constraint "t_pkey"',
    'null value in column "a" of relation "t" violates not-null constraint',
    'function "f" does not exist',
    'CONTEXT:  COPY t, line 12',
    'invalid value for parameter "work_mem": "lots"',
    'Command was: CREATE FUNCTION f() RETURNS void AS $$insert into t values (1);\nselect 1$$;',
    'LINE 3: select no_such(column)',
  ])('leaves %j as it is', (text) => {
    expect(withoutRows(text)).toBe(text)
  })

  // A rule that looked at the same characters again and again would need hours.
  it.each([
    'key (',
    'Key (a)(',
    ')=(',
    'COPY ',
    'COPY , line 1, column ',
    ', line 1',
    'invalid input syntax for ',
    'malformed a',
    'ERROR: "',
    'Token "',
    'Command was: INSERT INTO ',
  ])('looks once at a long line of %j', (part) => {
    const long = part.repeat(1_000_000 / part.length)
    expect(withoutRows(long)).toBe(long)
  })

  it('tells nothing behind a key whose value has no end in sight', () => {
    const part = 'Key (a)=(x\nERROR:  y\n'
    expect(withoutRows(part.repeat(100_000))).toMatch(/^Key \(a\)$/)
    expect(
      withoutRows(`Key (a)=(${'1\nERROR: '.repeat(2000)}S3cret) already exists.`),
    ).not.toContain('S3cret')
    expect(withoutRows(part.repeat(2))).toBe('Key (a)\nERROR:  y\nKey (a)\nERROR:  y\n')
  })
})
