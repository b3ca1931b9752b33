/** What the action says beside the job, where GitHub shows ten of a kind. */
import { expect, test } from '@jest/globals'
import { join } from 'node:path'
import { runAction } from '../support/runner.js'

function noReports(count: number): string {
  return Array.from({ length: count }, (_, index) => `nowhere/job-${index}.json`).join('\n')
}

test('a notice at the end tells of errors that are not shown, and there is none where all are', async () => {
  const noticesOf = async (count: number) => {
    const { commands } = await runAction({ mode: 'report', reports: noReports(count) })
    const said = commands.filter(({ name }) => name === 'error' || name === 'notice')
    // The last one is the failure of the step.
    expect(said.pop()).toMatchObject({ name: 'error' })
    expect(said.filter(({ name }) => name === 'error')).toHaveLength(count)
    return said.slice(count)
  }
  expect(await noticesOf(10)).toMatchObject([
    { name: 'notice', message: expect.stringMatching(/^There are 11 errors, .* first 10 beside/) },
  ])
  expect(await noticesOf(9)).toEqual([])
})

test('inputs that are refused are told, and that there is no report where its folder cannot be used', async () => {
  const folder = join('/dev/null', 'report')
  const run = await runAction({ mode: 'rehearse', jobs: 'many', 'report-directory': folder })
  expect(run.outputs).toMatchObject({ 'error-code': 'invalid-input', 'report-json': '' })
  const errors = run.commands.filter(({ name }) => name === 'error')
  expect(errors).toMatchObject([{ message: expect.stringContaining('jobs: ') }])
  const warnings = run.commands.filter(({ name }) => name === 'warning')
  expect(warnings).toMatchObject([
    { message: expect.stringContaining(`The report could not be written to ${folder}: `) },
  ])
})
