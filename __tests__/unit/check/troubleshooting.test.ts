/** Every finding can be looked up. */
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { checks } from '../../../src/check/all.js'
import { checkNames } from '../../../src/report/check-names.js'

const text = readFileSync('docs/troubleshooting.md', 'utf8')
const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading ?? '')

test.each(checkNames)('the check %s has a heading in docs/troubleshooting.md', (name) => {
  expect(headings).toContain(name)
})

test('no two checks share a name', () => {
  const names = checks.map(({ name }) => name)
  expect(names).toEqual([...new Set(names)])
})

test('the headings stand in alphabetical order, each once', () => {
  expect(headings).toEqual([...new Set(headings)].toSorted())
})
