/** script/build, which must not cost a working bundle. */
import { expect, test } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repository } from '../../support/action-inputs.js'

test('a build that fails leaves the old bundle as it was', () => {
  const copy = mkdtempSync(join(tmpdir(), 'build-'))
  try {
    for (const folder of ['script', 'src', 'dist']) mkdirSync(join(copy, folder))
    cpSync(join(repository, 'script', 'build'), join(copy, 'script', 'build'))
    symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'))
    writeFileSync(join(copy, 'tsconfig.json'), '{}')
    writeFileSync(join(copy, 'src', 'index.ts'), `import './is-not-there.js'\n`)
    const bundle = ['1.index.js', 'index.js', 'licenses.txt']
    for (const name of bundle) writeFileSync(join(copy, 'dist', name), 'old')
    const { status, stderr } = spawnSync(join(copy, 'script', 'build'), { encoding: 'utf8' })
    expect(stderr).toContain('is-not-there')
    expect(status).not.toBe(0)
    expect(readdirSync(join(copy, 'dist')).toSorted()).toEqual(bundle)
  } finally {
    rmSync(copy, { recursive: true })
  }
})
