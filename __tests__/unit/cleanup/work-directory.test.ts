import { expect, test } from '@jest/globals'
import { createWorkDirectory } from '../../../src/cleanup/index.js'

test('a temporary folder that a file system denies ends the run, and is told with what to do', async () => {
  const denied = process.platform === 'linux' ? '/proc/absent' : '/dev/null/absent'
  await expect(createWorkDirectory(denied)).rejects.toMatchObject({
    code: 'temporary-folder',
    message: expect.stringContaining(`${denied} cannot be used`),
    hint: expect.stringMatching(/RUNNER_TEMP.*TMPDIR/),
  })
})
