/** CHANGELOG.md, and what a release does to it. */
import { describe, expect, it, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { releaseChangelog } from '../../../script/changelog.js'
import { repository } from '../../support/action-inputs.js'

const changelog = `# Changelog

Intro.

## [Unreleased]

### Fixed

- One thing costs $& less.

## [1.9.0] - 2026-01-02

- Older.
`

describe('a release', () => {
  it('gives what is unreleased the heading of the version', () => {
    const { changelog: after, notes } = releaseChangelog(changelog, '1.10.0', '2026-02-03')
    expect(notes).toBe('### Fixed\n\n- One thing costs $& less.')
    expect(after).toBe(
      changelog.replace('## [Unreleased]', '## [Unreleased]\n\n## [1.10.0] - 2026-02-03'),
    )
  })

  it('is refused when nothing is unreleased', () => {
    const { changelog: after } = releaseChangelog(changelog, '1.10.0', '2026-02-03')
    expect(() => releaseChangelog(after, '1.11.0', '2026-02-03')).toThrow(/nothing to release/)
  })

  it('is refused when the heading of a kind of change has nothing below it', () => {
    const empty = changelog.replace(/^- One.*$/m, '')
    expect(() => releaseChangelog(empty, '1.10.0', '2026-02-03')).toThrow(/nothing to release/)
  })

  it('is refused without the heading', () => {
    const without = changelog.replace('## [Unreleased]', '## Soon')
    expect(() => releaseChangelog(without, '1.10.0', '2026-02-03')).toThrow(/nothing to release/)
  })

  it.each(['1.9.0', '1.8.9', '0.10.0'])('is refused when %s is not newer', (version) => {
    expect(() => releaseChangelog(changelog, version, '2026-02-03')).toThrow(/not newer than 1.9.0/)
  })

  it.each(['v1.10.0', '1.10', '01.10.0', '1.10.0-rc.1', '1.10.0; ls', ''])(
    'is refused when "%s" is no version',
    (version) => {
      expect(() => releaseChangelog(changelog, version, '2026-02-03')).toThrow(/is no version/)
    },
  )
})

test('the changelog of this repository has a place for what is unreleased', () => {
  const own = readFileSync(join(repository, 'CHANGELOG.md'), 'utf8')
  expect(own.match(/^## \[Unreleased\]$/gm)).toHaveLength(1)
  expect(own).toMatch(/^- \S/m)
})
