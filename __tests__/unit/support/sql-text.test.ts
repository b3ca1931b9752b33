import { describe, expect, it } from '@jest/globals'
import { splitStatements } from '../../support/sql-text.js'

describe('splitStatements', () => {
  it('ends a statement at a semicolon that ends a line, and drops comments', () => {
    const text = "-- one; two;\nselect 1;\nselect '--', 2 -- more;\n;\n\nselect 3"
    expect(splitStatements(text)).toEqual(['select 1', "select '--', 2", 'select 3'])
  })

  it.each([
    ["select 'a;\nb'''"],
    ['select ";\n"""'],
    ["select E'\\';\n'"],
    ['do $$ begin\nnull;\nend $$'],
    ['do $x$ $$;\n$$ $x$'],
    ['begin atomic select 1; select 2; end'],
  ])('keeps %j whole', (statement) => {
    expect(splitStatements(`${statement};\nselect 2;\n`)).toEqual([statement, 'select 2'])
  })
})
