/** What the tools themselves say of the arguments that a user gives them, asked without a server. */
import { expect, test } from '@jest/globals'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRefusedArguments, type GivenArguments } from '../../../src/transfer/index.js'
import { toolsOf } from '../copy/copying.js'

/** Fails where a tool has left something behind, as a dump that was begun. */
async function problemsOf(given: Partial<GivenArguments>, major: number) {
  const workDirectory = await mkdtemp(join(tmpdir(), 'upgrade-postgres-arguments-'))
  try {
    const problems = await findRefusedArguments({
      tools: await toolsOf(major),
      workDirectory,
      signal: new AbortController().signal,
      method: 'auto',
      jobs: 4,
      pgDumpArguments: [],
      pgRestoreArguments: [],
      ...given,
    })
    expect(await readdir(workDirectory)).toEqual([])
    return problems.map(({ input, message }) => `${input}: ${message}`)
  } finally {
    await rm(workDirectory, { recursive: true })
  }
}

test.each([15, 18])('the tools of %d say what they do not take, each of its own', async (major) => {
  const version = String.raw`${major}\.\d+ does not take this`
  const refused = (pgDumpArguments: string[], pgRestoreArguments: string[] = []) =>
    problemsOf({ pgDumpArguments, pgRestoreArguments }, major)
  for (const [dump, restore, ...expected] of [
    [['--no-such'], ['-q'], `pg_dump ${version}: .*'--no-such'`, `pg_restore ${version}: .*'q'`],
    // Cut short it is clear, or it has several meanings.
    [['--no-comm'], ['--no-comm'], `^$`],
    [['--no-s'], [], `pg-dump-args: .*'--no-s' is ambiguous`],
    [['--no-owner=yes'], [], `pg-dump-args: .*'--no-owner' doesn't allow an argument`],
    // It would take an argument of the action's own for its value.
    [['--exclude-schema'], ['--schema'], `'--exclude-schema' requires`, `'--schema' requires`],
    [['-Z99'], ['--section=all'], `pg-dump-args: .*compress`, `unrecognized section name: "all"`],
    [['-a', '-s'], ['-a', '-s'], `-a/--data-only cannot be used together`],
    [['--on-conflict-do-nothing'], [], `requires option --inserts`],
  ] satisfies [string[], string[], ...string[]][]) {
    const told = (await refused(dump, restore)).join('\n')
    for (const one of expected) expect(told).toMatch(new RegExp(one, 'm'))
  }
  expect(await refused(['--no-such=password=hidden'])).not.toContainEqual(
    expect.stringContaining('hidden'),
  )
})

test.each([15, 18])('the tools of %d take what is theirs', async (major) => {
  const pgDumpArguments = ['-v', '--no-comments', '-Z3', '--exclude-table-data=log', '-Nold']
  const pgRestoreArguments = ['-v', '--no-comments', '-e', '--single-transaction']
  const given = { pgDumpArguments, pgRestoreArguments }
  expect(await problemsOf(given, major)).toEqual([])
  expect(await problemsOf({ ...given, method: 'parallel' }, major)).toEqual([
    expect.stringMatching(
      /^pg-restore-args: .*cannot specify both --single-transaction and .*jobs/,
    ),
  ])
})
