/** actionlint, the checker of workflows, as a program of its own: what it says, and whether it was content. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { repository } from './action-inputs.js'

const program = join(repository, 'node_modules', '@tktco', 'node-actionlint', 'bin')

export interface LintResult {
  readonly isClean: boolean
  readonly output: string
}

/** Checks every workflow in the folder. */
export async function lintWorkflows(folder: string): Promise<LintResult> {
  const files = join(folder, '*.yml')
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--no-warnings', join(program, 'node-actionlint.js'), files],
      { env: { PATH: process.env['PATH'] } },
      (error, stdout, stderr) => {
        resolve({ isClean: error === null, output: stdout + stderr })
      },
    )
  })
}
