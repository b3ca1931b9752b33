import { expect, it } from '@jest/globals'
import { knownErrors } from '../../../src/explain/known-errors.js'
import { logLines } from '../../../src/report/log-lines.js'
import { longestEntry } from '../../../src/report/format.js'
import type { Difference } from '../../../src/report/report.js'
import { addDifferences } from '../../../src/run.js'
import { keepSecret } from '../../../src/telling/known-secrets.js'
import { tellable, tellableLines } from '../../../src/telling/tellable.js'
import { wordsOfServers } from '../../../src/telling/words-of-servers.js'

it.each([
  'x',
  'COPY "Key ( LINE 1: \'',
  'INSERT INTO ',
  "password '",
  'postgres://a:',
  '##[',
  '\\',
])('of megabytes of %j only the beginning is told, and how much is missing', (part) => {
  const long = part.repeat(6_000_000 / part.length)
  expect(tellable(long).length).toBeLessThan(5000)
  expect(tellable(long)).toMatch(/more characters\)|\*\*\*/)
  expect(tellableLines(`${long}\n${long}`).length).toBeLessThan(10_000)
  expect(logLines(long).join('\n').length).toBeLessThan(200_000)
})

it('knows a row that is cut in the middle', () => {
  const long = 'S3cret '.repeat(1_000_000)
  expect(tellable(`Failing row contains (1, ${long}).`)).toBe('Failing row contains (…).')
  expect(tellable(`Key (a)=(${long}) already exists.`)).toBe('Key (a)')
})

it('tells the beginning of a message of very many lines', () => {
  const long = `ERROR:  no\n${'select 1;\n'.repeat(100_000)}`
  expect(tellableLines(long)).toMatch(/^ERROR: {2}no\nselect 1;\n[^]*… \(.* more characters\)$/)
  expect(tellableLines(long).length).toBeLessThan(110_000)
})

it('leaves out a secret that is known also where it would be cut, but not one that any word may hold', () => {
  keepSecret('correct horse')
  keepSecret('line')
  expect(tellable(`${'x'.repeat(3994)}correct horse`)).toMatch(/x\*{3}$/)
  expect(tellableLines('a line\nof correct horse')).toBe('a line\nof ***')
})

it('leaves words by which errors are recognised, and names of the connection, also where they are a password', () => {
  keepSecret('constraint')
  keepSecret('restorin')
  keepSecret('app_owner', ['app_owner', 'db.example.com', 'postgres'])
  const error = 'pg_restore: error: role "app_owner" violates check constraint "c" while restoring'
  expect(tellableLines(error)).toBe(error)
})

it('knows the words by which errors are recognised', () => {
  const words = knownErrors.flatMap(({ pattern }) => pattern.source.match(/\b[a-z]{8,}\b/g) ?? [])
  expect(words.length).toBeGreaterThan(50)
  expect(words.filter((word) => !wordsOfServers.some((known) => known.includes(word)))).toEqual([])
})

it('leaves a secret that is known out of a difference also where that is cut', () => {
  keepSecret('battery staple')
  const differences: Difference[] = []
  const source = `${'x'.repeat(longestEntry - 7)}battery staple`
  addDifferences(differences, [{ kind: 'function', object: 'f()', source, target: null }])
  expect(differences[0]?.source).toMatch(/x\*{3}$/)
})
