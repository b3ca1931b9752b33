import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { makeFolder } from '../../src/folders.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'folders-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('makeFolder', () => {
  it('creates what is missing, and is content with what is there', async () => {
    const path = join(folder, 'a', 'b')
    await Promise.all([makeFolder(path, 0o700), makeFolder(path, 0o700)])
    await makeFolder(path)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
  })

  it('says when a file stands in the way', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(makeFolder(join(folder, 'file'))).rejects.toMatchObject({ code: 'EEXIST' })
    await expect(makeFolder(join(folder, 'file', 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  })

  it('comes to an end where a file system denies a folder that is there', async () => {
    const denied = process.platform === 'linux' ? '/proc/absent/a' : '/dev/null/a'
    await expect(makeFolder(denied)).rejects.toMatchObject({
      code: expect.stringMatching(/^ENOENT$|^ENOTDIR$/),
    })
  })
})
