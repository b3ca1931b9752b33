/** A command that cannot be started. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'
import { build } from 'esbuild'

/** In a process of its own, which has no file descriptor left. */
const starved = `
  const { openSync } = await import('node:fs')
  const { runCommand } = await import(process.argv[1])
  try { for (;;) openSync('/dev/null') } catch {}
  const signal = new AbortController().signal
  const result = await runCommand({ program: '/bin/true', arguments: [], environment: {}, signal })
  console.log(JSON.stringify(result))`

test('without a file descriptor left is an answer that says so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-command-'))
  try {
    const outfile = join(folder, 'command.mjs')
    await build({
      entryPoints: ['src/client/command.ts'],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
    })
    const { stdout } = await promisify(execFile)('/bin/sh', [
      '-c',
      'ulimit -n 64; exec "$0" --input-type=module -e "$1" "$2"',
      process.execPath,
      starved,
      outfile,
    ])
    expect(JSON.parse(stdout)).toEqual({
      exitCode: null,
      stdout: '',
      stderr: 'spawn /bin/true EMFILE',
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
