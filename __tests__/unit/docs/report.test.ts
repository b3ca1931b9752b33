/** docs/report.md, and the report that it describes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { repository } from '../../support/action-inputs.js'

const read = (path: string): string => readFileSync(join(repository, path), 'utf8')
const types = read('src/report/report.ts')
const documented = read('docs/report.md')

test('every field and every mode of report.json is explained', () => {
  const [, body = ''] = /export interface Report \{\n(.*?)\n\}/s.exec(types) ?? []
  const fields = [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, name = '']) => name)
  expect(fields.length).toBeGreaterThan(15)
  const modes = [...(/^export type Mode = (.*)$/m.exec(types)?.[1] ?? '').matchAll(/'(\w+)'/g)]
  expect(modes.length).toBeGreaterThan(4)
  const table = documented.slice(documented.indexOf('## report.json'))
  const words = [...fields, ...modes.map(([, mode = '']) => mode)].filter(
    (word) => word !== 'version',
  )
  expect(
    words.filter((word) => !table.includes(`\`${word}\``) && !table.includes(`\`${word}[]\``)),
  ).toEqual([])
})
