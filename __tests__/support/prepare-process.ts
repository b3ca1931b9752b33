/** Starts `prepare-client.ts` as a program: bundled into one file, so that any user may run it from anywhere. */
import { spawn } from 'node:child_process'
import { chmod, copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { PrepareAnswer, PrepareRequest } from './prepare-client.js'
import { serverIdentity } from './server-folder.js'

export interface PrepareProcess {
  readonly kill: (signal: NodeJS.Signals) => void
  /** Undefined when a signal ended it before it could answer. */
  readonly answer: Promise<PrepareAnswer | undefined>
}

/** Returns the function that starts the program; its files are written into `folder`. */
export async function bundlePrepare(
  folder: string,
): Promise<(request: PrepareRequest, user?: 'ordinary') => PrepareProcess> {
  const program = join(folder, 'prepare.mjs')
  const node = join(folder, 'node')
  await build({
    entryPoints: [join(import.meta.dirname, 'prepare-client.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['@actions/cache'],
    logLevel: 'error',
  })
  // Another user may not be able to reach the Node.js that lies in someone's home.
  await copyFile(process.execPath, node)
  await chmod(node, 0o755)
  await chmod(folder, 0o755)
  // What a killed child leaves goes with the folder.
  const temporary = join(folder, 'temporary')
  await mkdir(temporary)
  await chmod(temporary, 0o1777)
  return (request, user) => {
    const child = spawn(node, [program, JSON.stringify(request)], {
      cwd: folder,
      env: { PATH: '/usr/bin:/bin', TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'inherit'],
      ...(user === undefined ? {} : serverIdentity()),
    })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    const answer = new Promise<PrepareAnswer | undefined>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', () => {
        resolve(text === '' ? undefined : (JSON.parse(text) as PrepareAnswer))
      })
    })
    const kill = (signal: NodeJS.Signals) => {
      child.kill(signal)
    }
    return { kill, answer }
  }
}
