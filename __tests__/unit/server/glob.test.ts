import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { globMatcher } from '../../../src/server/databases/glob.js'

test.each([
  ['shop_*', 'shop_', 'shop'],
  ['*.*', 'a.', 'a'],
  ['.*', '..', 'a.'],
  ['**x', '\n\u2028x', '\n\u2028'],
  ['a*b', 'a\nb', 'a\nbc'],
  ['?', '\u{1f600}', 'ab'],
  ['shop?', 'shop/', 'shop'],
  ['[a-c]x', 'bx', 'dx'],
  ['[!a-c]x', 'dx', 'bx'],
  ['[^ab]', '!', 'a'],
  ['[a-]', '-', 'b'],
  ['[c-ax]', 'x', 'b'],
  [String.raw`[a\-c]`, '-', 'b'],
  ['[\u{1f600}-\u{1f64f}]', '\u{1f602}', '\u{1f650}'],
  ['[.]*', '..', 'a'],
  ['{shop,crm}_*', 'crm_1', '_1'],
  ['{,old_}shop', 'shop', 'oldshop'],
  ['{shop,[ab]?}', 'ax', 'cx'],
  [String.raw`{a\,b,c}`, 'a,b', 'a'],
  ['db{1..3}', 'db{1..3}', 'db2'],
  ['{shop}*', '{shop}1', 'shop1'],
  [String.raw`shop\*`, 'shop*', 'shop1'],
  ['*\\', 'a\\', 'a'],
  ['!shop*', '!shop1', 'crm'],
  ['+(a)*', '+(a)1', 'aa'],
  ['a.b|^$*', 'a.b|^$', 'axb'],
])('%j matches %j, and not %j', (glob, fitting, other) => {
  const matches = globMatcher(glob)
  expect(matches(fitting)).toBe(true)
  expect(matches(other)).toBe(false)
})

test('no character of a name keeps it from being matched', () => {
  const character = fc.oneof(
    fc.constantFrom(...Array.from('.\n\r\u2028\u2029\\/[]{}()!+*?^$|-, ')),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  )
  const text = fc.array(character, { maxLength: 5 }).map((characters) => characters.join(''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const literal = (part: string) => part.replaceAll(/[\\*?[\]{}]/g, String.raw`\$&`)
      const name = `${before}x${after}`
      for (const glob of ['*', `${literal(before)}*`, `*${literal(after)}`]) {
        expect(globMatcher(glob)(name)).toBe(true)
      }
      expect(globMatcher(`${literal(before)}?${literal(after)}`)(name)).toBe(true)
      expect(globMatcher(`${literal(before)}[!x]${literal(after)}`)(name)).toBe(false)
    }),
  )
})
