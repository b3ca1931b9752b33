/** Starts a process for one contender, and ends it, and all that it started, when its time is up. */
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Heat, HeatResult } from './contenders.js'
import { processesOfSession } from './processor-time.js'

/** What the process says. */
type Answer = { readonly result: HeatResult } | { readonly error: string }

const graceMs = 10_000

/** `program`: the bundled heat. Null when the limit was reached. */
export async function measureHeat(
  program: string,
  heat: Omit<Heat, 'folder'>,
  limitSeconds: number,
  signal: AbortSignal,
): Promise<HeatResult | null> {
  const folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-bench-'))
  // In a session of its own, so that programs it has started end with it.
  const child = fork(program, { execArgv: [], detached: true })
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve()
    }),
  )
  const answered = new Promise<Answer>((resolve) => child.once('message', resolve as () => void))
  const stopped = stopAfter(limitSeconds, signal)
  try {
    child.send({ ...heat, folder } satisfies Heat)
    const answer = await Promise.race([answered, ended, stopped.reached])
    signal.throwIfAborted()
    if (answer === 'stopped') return null
    if (answer === undefined) throw new Error(`${heat.contender} ended without an answer.`)
    if ('error' in answer) throw new Error(answer.error)
    return answer.result
  } finally {
    stopped.forget()
    await endSession(child, ended)
    await rm(folder, { recursive: true, force: true })
  }
}

function stopAfter(limitSeconds: number, signal: AbortSignal) {
  let forget: () => void = () => undefined
  const reached = new Promise<'stopped'>((resolve) => {
    const stop = () => {
      resolve('stopped')
    }
    const timer = setTimeout(stop, limitSeconds * 1000)
    signal.addEventListener('abort', stop)
    forget = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
  })
  return { reached, forget }
}

/** Ends the process and all that it has started; of those, pgcopydb leaves the group, but nobody leaves the session. */
async function endSession({ pid, exitCode }: ChildProcess, ended: Promise<void>): Promise<void> {
  if (pid === undefined) return
  if (exitCode === null) send(-pid, 'SIGTERM')
  const kill = setTimeout(() => {
    send(-pid, 'SIGKILL')
  }, graceMs)
  await ended
  clearTimeout(kill)
  for (const left of await processesOfSession(pid)) send(left, 'SIGKILL')
}

function send(id: number, name: NodeJS.Signals): void {
  try {
    process.kill(id, name)
  } catch {
    // It has ended by itself.
  }
}
