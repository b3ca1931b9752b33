/** One server per major for a whole run of jest, started by the first test file that asks for it. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../src/errors.js'
import { launchServer, type ServerAddress } from './server-process.js'

const patienceMs = 180_000

type Outcome = { readonly address: ServerAddress } | { readonly failure: string }

/** The address of the run's server of that major; the worker that comes first starts it, the others wait. */
export async function sharedAddress(major: number): Promise<ServerAddress> {
  const folder = process.env['UPGRADE_POSTGRES_TEST_STATE']
  if (folder === undefined) {
    throw new Error('Shared servers exist inside jest only; elsewhere call startServer().')
  }
  const file = join(folder, `${major}.json`)
  if (await claim(join(folder, `${major}.lock`))) await publish(file, await outcomeOf(major))
  const outcome = await published(file)
  if ('failure' in outcome) throw new Error(outcome.failure)
  return outcome.address
}

/** mkdir is atomic: it succeeds in one process only. */
async function claim(lock: string): Promise<boolean> {
  return mkdir(lock).then(
    () => true,
    () => false,
  )
}

async function outcomeOf(major: number): Promise<Outcome> {
  try {
    return { address: await launchServer(major) }
  } catch (error) {
    return { failure: messageOf(error) }
  }
}

async function publish(file: string, outcome: Outcome): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(outcome), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

async function published(file: string): Promise<Outcome> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text !== undefined) return JSON.parse(text) as Outcome
    if (Date.now() > deadline) throw new Error(`No test file has started the server: ${file}.`)
    await sleep(50)
  }
}
