/** What the action says beside the job, where GitHub shows ten of a kind. */
import { expect, test } from '@jest/globals'
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
  expect(await noticesOf(11)).toMatchObject([
    { name: 'notice', message: expect.stringMatching(/^There are 11 errors, .* first 10 beside/) },
  ])
  expect(await noticesOf(2)).toEqual([])
})
