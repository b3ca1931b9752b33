import { expect, it } from '@jest/globals'
import { logLines } from '../../../src/report/log-lines.js'
import { keepSecret } from '../../../src/telling/known-secrets.js'
import { tellable, tellableLines } from '../../../src/telling/tellable.js'

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
