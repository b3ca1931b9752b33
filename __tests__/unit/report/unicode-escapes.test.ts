import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { linesOf } from '../../../src/report/format.js'
import { logLines } from '../../../src/report/log-lines.js'
import { withUnicodeEscapes } from '../../../src/report/unicode-escapes.js'
import { quoteIdentifier, quoteLiteral } from '../../../src/server/quote.js'

test.each([
  ['drop database "tab\there";', String.raw`drop database U&"tab\0009here";`],
  ['drop role "a""\\\n b", "c";', String.raw`drop role U&"a""\\\000a b", "c";`],
  ['drop view "خانه\u200cها"."\u{e0067}";', String.raw`drop view U&"خانه\200cها".U&"\+0e0067";`],
  [
    'drop view "no\u00a0break", "\u3000", "a b";',
    String.raw`drop view U&"no\00a0break", U&"\3000", "a b";`,
  ],
  ['drop role "###[error]", "##";', String.raw`drop role U&"##\0023[error]", "##";`],
  ["select 'it''s\r', 'a b';", String.raw`select E'it''s\u000d', 'a b';`],
  ["select E'\\\\\t\\'\u{e0067}', e'\\t';", String.raw`select E'\\\u0009\'\U000e0067', e'\t';`],
  [
    '\\password "a\'\t\\" \\password "b"\n\\connect "é\u200d"',
    String.raw`\password '"a''\x09\\"' \password "b"` +
      '\n' +
      String.raw`\connect '"é\xe2\x80\x8d"'`,
  ],
  // For psql, a carriage return ends a comment.
  ['-- it is "one\ttwo\r;"\ndrop view v;', String.raw`-- it is "one\ttwo\r;"` + '\ndrop view v;'],
])('writes %j so that it can be pasted', (remedy, expected) => {
  expect(withUnicodeEscapes(remedy)).toBe(expected)
  expect(withUnicodeEscapes(expected)).toBe(expected)
})

test.each([
  '-- on the source, of "a name", the target\'s\nalter view "a" rename to "b";\nselect \'é 👩\';',
  "It is the target's.\n\tThe source's has it, as \"roles\" says.\nThe roles' names differ.",
  '# in pg_hba.conf of the target\nhost  "a\tb"  all\n',
  'do $$ begin\n\texecute \'a\tb\';\nend $$;\nselect $a$ "a\tb" $a$;',
])('leaves %j as it is', (remedy) => {
  expect(withUnicodeEscapes(remedy)).toBe(remedy)
})

test('a log and a page show a name and a string as they are to be pasted, whatever they hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
      const remedy = `alter role ${quoteIdentifier(name)} set a.b = ${quoteLiteral(name)};`
      const told = withUnicodeEscapes(remedy)
      expect(linesOf(told)).toEqual([told])
      expect(logLines(told)).toEqual([told])
    }),
  )
})
