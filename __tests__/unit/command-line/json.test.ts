import { expect, it } from '@jest/globals'
import { printableJson } from '../../../src/command-line/json.js'

const names = [
  '##vso[task.prependpath]/tmp/evil',
  '##[error]x',
  '###vso[x]',
  '\u009b2J\u202ex\u{e0001}',
  'a\n::b',
]

it('holds no command and no hidden character, and reads the same', () => {
  const outputs = { result: 'passed', databases: JSON.stringify(names) }
  const printed = printableJson(outputs)
  expect(printed).not.toMatch(/##\w*\[|^\s*::/m)
  expect(printed.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  expect(JSON.parse(printed)).toEqual(outputs)
})
