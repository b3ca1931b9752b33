import { expect, test } from '@jest/globals'
import { createWorkDirectory } from '../../../src/cleanup/index.js'

test('a temporary folder that a file system denies ends the run', async () => {
  const denied = process.platform === 'linux' ? '/proc/absent' : '/dev/null/absent'
  await expect(createWorkDirectory(denied)).rejects.toMatchObject({
    code: expect.stringMatching(/^ENOENT$|^ENOTDIR$/),
  })
})
