/** Error codes: what the code says and what the documents explain are the same words. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { repository } from '../../support/action-inputs.js'
import { readMarkdown } from '../../support/markdown.js'

const folder = join(repository, 'src')
const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n')
const headings = readMarkdown('docs/troubleshooting.md').anchors.slice(1)

/** On an error, where nothing else is known, as an output, and in the report of a matrix. */
const givenAs = [
  /\bcode: '([a-z]+(?:-[a-z]+)*)'/g,
  /\bcode: [^\n]*\?\? '([a-z]+(?:-[a-z]+)*)'/g,
  /'error-code':[^,]*'([a-z]+(?:-[a-z]+)*)'/g,
  /\btell\('([a-z]+(?:-[a-z]+)*)'/g,
]

test('every error code in the source has a heading in docs/troubleshooting.md', () => {
  const codes = givenAs.flatMap((pattern) =>
    [...source.matchAll(pattern)].map(([, code = '']) => code),
  )
  expect(codes.length).toBeGreaterThan(40)
  expect(codes).toEqual(
    expect.arrayContaining(['connection-failed', 'validation-differences', 'report-damaged']),
  )
  expect(codes.filter((code) => !headings.includes(code))).toEqual([])
})

/** Made of the tool's name, for each of them. */
const failedTools = ['pg-dump-failed', 'pg-restore-failed', 'psql-failed']

test('every heading there is a word that the source says', () => {
  expect(headings.length).toBeGreaterThan(100)
  const unknown = headings.filter((heading) => !source.includes(`'${heading}'`))
  expect(unknown).toEqual(failedTools)
})
