/** Which arguments for the tools leave rows to be moved. */
import { expect, it } from '@jest/globals'
import { asksForRows } from '../../../src/transfer/views/rows-asked.js'

it.each([
  ...[['-s'], ['-Os'], ['--schema-only'], ['--schema-o'], ['--no-data'], ['--section=pre-data']],
  ...[
    ['--section=pre-data', '--section=data'],
    ['--sec=pre-data', '--section=post-data'],
  ],
])('no rows, or nothing that is made of them, with %j %j', (...given) => {
  expect(asksForRows({ pgDumpArguments: given, pgRestoreArguments: [] })).toBe(false)
  expect(asksForRows({ pgDumpArguments: [], pgRestoreArguments: given })).toBe(false)
})

it.each([
  ...[
    [],
    ['-nsales'],
    ['-O'],
    ['--schema=sales'],
    ['--no-data-for-failed-tables'],
    ['--no-data-for'],
    ['--strict-names'],
  ],
  ['--section=pre-data', '--section=data', '--section=post-data'],
])('rows with %j %j %j', (...given) => {
  expect(asksForRows({ pgDumpArguments: given, pgRestoreArguments: given })).toBe(true)
})

it('knows of which tool a letter takes a value', () => {
  expect(asksForRows({ pgDumpArguments: ['-es'], pgRestoreArguments: ['-Ps'] })).toBe(true)
  expect(asksForRows({ pgDumpArguments: [], pgRestoreArguments: ['-es'] })).toBe(false)
})
