import { expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { inputVariables, repository } from '../support/action-inputs.js'

test('a run whose log nobody reads any more comes to its end', async () => {
  // Whoever connects is kept waiting until the log has been closed, and is then turned away.
  const server = createServer()
  const connected = once(server, 'connection')
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `postgresql://u@127.0.0.1:${(server.address() as AddressInfo).port}/d`
  const child = spawn(process.execPath, [join(repository, 'dist/index.js')], {
    env: {
      PATH: process.env['PATH'],
      ...inputVariables({ 'source-url': url, 'target-url': url, sslmode: 'disable' }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const ended = once(child, 'exit')
  child.stdout.destroy()
  child.stderr.destroy()
  void connected.then(([first]: { destroy: () => void }[]) => {
    server.on('connection', (later) => later.destroy())
    first?.destroy()
  })
  const [exitCode, signal] = (await ended) as [number | null, string | null]
  clearTimeout(limit)
  server.close()
  // An action that reports the loss of its log to its log is never done with it, and has to be killed.
  expect({ exitCode, signal }).toEqual({ exitCode: 1, signal: null })
})
