/** What all workers of a run of jest share is made by the one that comes first; the others wait for it. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../src/errors.js'

const patienceMs = 180_000

type Outcome<T> = { readonly made: T } | { readonly failure: string }

/** The folder that the workers of this run of jest share; undefined in scripts. */
export function sharedFolder(): string | undefined {
  return process.env['UPGRADE_POSTGRES_TEST_STATE']
}

/** What `make` gives, which has to survive being written as JSON; `name` is that of its file in the shared folder. */
export async function oncePerRun<T>(
  folder: string,
  name: string,
  make: () => Promise<T>,
): Promise<T> {
  const file = join(folder, `${name}.json`)
  if (await claim(join(folder, `${name}.lock`))) await publish(file, await outcomeOf(make))
  const outcome = await published<T>(file)
  if ('failure' in outcome) throw new Error(outcome.failure)
  return outcome.made
}

/** mkdir is atomic: it succeeds in one process only. */
async function claim(lock: string): Promise<boolean> {
  return mkdir(lock).then(
    () => true,
    () => false,
  )
}

async function outcomeOf<T>(make: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { made: await make() }
  } catch (error) {
    return { failure: messageOf(error) }
  }
}

async function publish<T>(file: string, outcome: Outcome<T>): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(outcome), { mode: 0o600 })
  await rename(`${file}.new`, file)
}

async function published<T>(file: string): Promise<Outcome<T>> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text !== undefined) return JSON.parse(text) as Outcome<T>
    if (Date.now() > deadline) throw new Error(`Nobody has made ${file}.`)
    await sleep(50)
  }
}
