import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { queriesFor, splitQueries } from '../../../src/validate/queries/split.js'

const sqlOf = (script: string) => splitQueries(script).map((query) => query.sql)

describe('splitQueries', () => {
  it.each([
    ['', []],
    [' ; ;\n', []],
    ['-- nothing;\n/* at all; */', []],
    ['select 1', ['select 1']],
    ['select 1;select 2;', ['select 1', 'select 2']],
    [`select ';', 'it''s;'; select 2`, [`select ';', 'it''s;'`, 'select 2']],
    [`select e'\\';', 'x\\'; select 2`, [`select e'\\';', 'x\\'`, 'select 2']],
    ['select ";" from "a"";b"; select 2', ['select ";" from "a"";b"', 'select 2']],
    ['select $$;$$; select $a$;$$;$a$', ['select $$;$$', 'select $a$;$$;$a$']],
    ['select a$b$c; select 2', ['select a$b$c', 'select 2']],
    ['select 1 -- one;\n; select 2', ['select 1 -- one;', 'select 2']],
    ['select /* a; /* b; */ c; */ 1; select 2', ['select /* a; /* b; */ c; */ 1', 'select 2']],
    [`select 'open; select 2`, [`select 'open; select 2`]],
    [`select type'a\\'; select 2`, [`select type'a\\'`, 'select 2']],
  ])('splits %j', (script, expected) => {
    expect(sqlOf(script)).toEqual(expected)
  })

  it('keeps any text whole that is quoted', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 5 }), (texts) => {
        const queries = texts.map((text) => `select '${text.replaceAll("'", "''")}'`)
        expect(sqlOf(queries.join(';\n'))).toEqual(queries)
      }),
    )
  })

  it('gives queries behind \\connect to that database alone', () => {
    const queries = splitQueries(
      'select 0;\n\\connect "a ""b"\nselect 1; select 2;\n\\c shop\nselect 3',
    )
    expect(queriesFor(queries, 'a "b')).toEqual(['select 0', 'select 1', 'select 2'])
    expect(queriesFor(queries, 'shop')).toEqual(['select 0', 'select 3'])
    expect(queriesFor(queries, 'other')).toEqual(['select 0'])
  })
})
