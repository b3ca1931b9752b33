/** The workflows of this repository: valid, pinned, and with no more rights than they need. */
import { describe, expect, it, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { readActionFile, repository } from '../../support/action-inputs.js'
import { lintWorkflows } from '../../support/actionlint.js'
import { parseWorkflow, stepsOf, usesLines, type Step } from '../../support/workflows.js'

const folder = join(repository, '.github', 'workflows')
const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name))
const composite = '.github/actions/prove/action.yml'
const read = (path: string): string => readFileSync(join(repository, path), 'utf8')
const textOf = (name: string): string => read(join('.github', 'workflows', name))
const workflowOf = (name: string) => parseWorkflow(textOf(name))

/** Every right to write anything, and why it is there. */
const writers: Readonly<Record<string, readonly string[]>> = {
  'codeql.yml analyze': ['security-events'],
  'rehearsal.yml tell': ['issues'],
  'release.yml publish': ['attestations', 'contents', 'id-token'],
}

test('actionlint is content with all workflows', async () => {
  const { isClean, output } = await lintWorkflows(folder)
  expect(output).toContain(`Checking ${files.length} workflow file(s)`)
  expect({ isClean, output }).toMatchObject({ isClean: true })
})

describe.each(files)('the workflow %s', (name) => {
  const text = textOf(name)
  const workflow = workflowOf(name)

  it('gives no right to a job that does not ask for it', () => {
    expect(workflow.permissions).toEqual({})
  })

  it('lets a job write only what is known to be needed', () => {
    const found = Object.entries(workflow.jobs).flatMap(([job, { permissions = {} }]) => {
      const scopes = Object.keys(permissions).filter((scope) => permissions[scope] === 'write')
      return scopes.length === 0 ? [] : [[`${name} ${job}`, scopes.toSorted()]]
    })
    const expected = Object.entries(writers).filter(([where]) => where.startsWith(`${name} `))
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected))
  })

  it('limits the time of every job', () => {
    const endless = Object.entries(workflow.jobs).filter(([, job]) => !job['timeout-minutes'])
    expect(endless).toEqual([])
  })

  it('says what happens when it is started twice', () => {
    expect(workflow.concurrency).toBeDefined()
  })

  it('never leaves credentials in the work tree', () => {
    const checkouts = stepsOf(workflow).filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([])
  })

  it('pins every action of others to a commit, and names its version', () => {
    const foreign = usesLines(text).filter((what) => !what.startsWith('./'))
    expect(foreign.filter((what) => !/^[^@ ]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(what))).toEqual(
      [],
    )
  })
})

test('all workflows use the same commit of an action', () => {
  const pins = new Set(files.flatMap((name) => usesLines(textOf(name))))
  const actions = [...pins].filter((pin) => pin.includes('@')).map((pin) => pin.split('@')[0])
  expect(actions).toEqual([...new Set(actions)])
})

describe('the steps of all workflows', () => {
  const { runs } = parse(read(composite)) as { runs: { steps: Step[] } }
  const steps = [...files.flatMap((name) => stepsOf(workflowOf(name))), ...runs.steps]
  const action = readActionFile()

  it('put nothing that others wrote into a shell script', () => {
    const scripts = steps.flatMap(({ run }) => run ?? [])
    expect(scripts.length).toBeGreaterThan(5)
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([])
  })

  it('give the action only inputs that it has', () => {
    const given = steps.filter(({ uses }) => uses === './').map((step) => step.with ?? {})
    expect(given.length).toBeGreaterThan(7)
    const unknown = given.flatMap(Object.keys).filter((input) => !(input in action.inputs))
    expect(unknown).toEqual([])
  })

  it('read only outputs that the action has', () => {
    const ids = steps.flatMap(({ uses, id }) => (uses === './' && id !== undefined ? [id] : []))
    const texts = [...files.map(textOf), read(composite)].join('\n')
    const used = [...texts.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)]
      .filter(([, id = '']) => ids.includes(id))
      .map(([, , output = '']) => output)
    expect(used.length).toBeGreaterThan(5)
    expect(used.filter((output) => !(output in action.outputs))).toEqual([])
  })
})

test.each([
  ['matrix.yml', ['plan', 'upgrade']],
  ['upgrade.yml', ['check', 'rehearse', 'upgrade']],
])('%s is told when it is started what to do with what is on the target', (name, modes) => {
  const { on } = parse(textOf(name)) as {
    on: { workflow_dispatch: { inputs: Record<string, unknown> } }
  }
  expect(on.workflow_dispatch.inputs).toHaveProperty(
    ['existing-database', 'options'],
    ['refuse', 'replace'],
  )
  const given = stepsOf(workflowOf(name))
    .map((step) => step.with ?? {})
    .filter((inputs) => inputs['existing-database'] === '${{ inputs.existing-database }}')
  // The jobs of a matrix have the mode from their plan.
  expect(given.map(({ mode }) => mode)).toEqual(
    modes.map((mode) =>
      name === 'matrix.yml' && mode === 'upgrade' ? '${{ matrix.mode }}' : mode,
    ),
  )
})

test('the check and the rehearsal of upgrade.yml are asked for what the upgrade is asked for', () => {
  const given = stepsOf(workflowOf('upgrade.yml')).filter(({ uses }) => uses === './')
  const inputs = given.map(({ with: { mode, ...others } = {} }) => ({ mode, others }))
  expect(inputs.map(({ mode }) => mode)).toEqual(['check', 'rehearse', 'upgrade'])
  for (const { others } of inputs) expect(others).toEqual(inputs.at(-1)?.others)
})

test('the gate of CI waits for every other job', () => {
  const { 'all-passed': gate, ...others } = workflowOf('ci.yml').jobs
  expect(new Set(gate?.needs)).toEqual(new Set(Object.keys(others)))
})
