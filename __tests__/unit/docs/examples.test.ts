/** The workflows that README and docs show: they can be copied as they are. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, test } from '@jest/globals'
import { readActionFile, repository } from '../../support/action-inputs.js'
import { lintWorkflows } from '../../support/actionlint.js'
import { markdownFiles, readMarkdown } from '../../support/markdown.js'
import { parseWorkflow, stepsOf } from '../../support/workflows.js'

const action = readActionFile()
const isWorkflow = (text: string): boolean => /^on:/m.test(text) && /^jobs:/m.test(text)
const examples = markdownFiles().flatMap(({ path, blocks }) =>
  blocks
    .filter(({ language, text }) => language === 'yaml' && isWorkflow(text))
    .map(({ text }, index) => ({ name: `${index + 1} of ${path}`, text })),
)
const isOurs = (uses: string | undefined): boolean =>
  uses === './' || uses?.startsWith('upgrade-postgres/upgrade-postgres@') === true

test('actionlint is content with every workflow that is shown', async () => {
  expect(examples.length).toBeGreaterThanOrEqual(2)
  const folder = mkdtempSync(join(tmpdir(), 'upgrade-postgres-examples-'))
  try {
    for (const [index, { text }] of examples.entries()) {
      writeFileSync(join(folder, `${index}.yml`), `${text}\n`)
    }
    const { isClean, output } = await lintWorkflows(folder)
    expect(output).toContain(`Checking ${examples.length} workflow file(s)`)
    expect({ isClean, output }).toMatchObject({ isClean: true })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe.each(examples)('the workflow $name', ({ text }) => {
  const steps = stepsOf(parseWorkflow(text))
  const ours = steps.filter(({ uses }) => isOurs(uses))

  it('gives the action only inputs that it has, and all that it requires', () => {
    expect(ours).not.toEqual([])
    for (const { with: given = {} } of ours) {
      expect(Object.keys(given).filter((name) => !(name in action.inputs))).toEqual([])
      const required = given['mode'] === 'report' ? ['reports'] : ['source-url', 'target-url']
      expect(Object.keys(given)).toEqual(expect.arrayContaining(required))
    }
  })

  it('reads only outputs that the action has', () => {
    const used = [...text.matchAll(/steps\.[\w-]+\.outputs\.([\w-]+)/g)].map(
      ([, name = '']) => name,
    )
    expect(used.filter((name) => !(name in action.outputs))).toEqual([])
  })

  it('gives no right that it does not name, and puts nothing of others into a script', () => {
    expect(text).toMatch(/^permissions: \{\}$/m)
    expect(steps.filter(({ run }) => run?.includes('${{'))).toEqual([])
  })
})

describe('README.md', () => {
  const readme = readMarkdown('README.md')

  it('keeps its first example as short as it says', () => {
    expect(readme.anchors).toContain('the-whole-of-it-in-15-lines')
    const [first] = readme.blocks
    expect(first?.text.split('\n').length).toBeLessThanOrEqual(15)
    expect(isWorkflow(first?.text ?? '')).toBe(true)
  })

  it('mentions every input and every output', () => {
    const text = readFileSync(join(repository, 'README.md'), 'utf8')
    const names = [...Object.keys(action.inputs), ...Object.keys(action.outputs)]
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  })

  it('shows settings of the action only under names that it has', () => {
    const fragments = readme.blocks.filter(
      ({ language, text }) => language === 'yaml' && !isWorkflow(text),
    )
    const names = fragments.flatMap(({ text }) => text.match(/^[\w-]+(?=:)/gm) ?? [])
    expect(names.length).toBeGreaterThan(0)
    expect(names.filter((name) => !(name in action.inputs))).toEqual([])
  })
})
