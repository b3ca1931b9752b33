/** Runs a short command of the host (apt-get, dpkg-deb, brew) to its end: no shell, an environment built from scratch. */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { CancelledError, messageOf } from '../errors.js'

export interface Command {
  readonly program: string
  readonly arguments: readonly string[]
  /** All of the child's environment. */
  readonly environment: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly workDirectory?: string
}

export interface CommandResult {
  /** Null when a signal ended it, or when it could not be started. */
  readonly exitCode: number | null
  readonly stdout: string
  /** What it wrote to stderr, or why it could not be started. */
  readonly stderr: string
}

/** A command that says more than this is not one of ours; the rest is dropped. */
const keptBytes = 4_000_000
/** Between SIGTERM and SIGKILL. */
const graceMs = 2_000

/** Runs a command; whatever its exit code is an answer, only a cancelled run throws. */
export async function runCommand(command: Command): Promise<CommandResult> {
  if (command.signal.aborted) throw new CancelledError()
  const result = await run(command)
  // The signal may have been raised while the command ran: TypeScript knows only the check above.
  if (isAborted(command.signal)) throw new CancelledError()
  return result
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}

function run(command: Command): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(command.program, [...command.arguments], {
      env: { ...command.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: false,
      ...(command.workDirectory === undefined ? {} : { cwd: command.workDirectory }),
    })
    let problem: string | undefined
    // Before all else: with no file descriptor left, the child has no streams, and its error comes all the same.
    child.once('error', (error) => {
      problem = messageOf(error)
      settle(null)
    })
    const stdout = collect(child.stdout)
    const stderr = collect(child.stderr)
    const end = () => {
      endChild(child)
    }
    command.signal.addEventListener('abort', end)
    const settle = (exitCode: number | null) => {
      command.signal.removeEventListener('abort', end)
      resolve({ exitCode, stdout: stdout(), stderr: problem ?? stderr() })
    }
    child.once('close', (exitCode) => {
      settle(exitCode)
    })
  })
}

function collect(stream: Readable | undefined): () => string {
  const chunks: Buffer[] = []
  let size = 0
  stream?.on('data', (chunk: Buffer) => {
    if (size < keptBytes) chunks.push(chunk)
    size += chunk.length
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function endChild(child: ChildProcess): void {
  child.kill('SIGTERM')
  setTimeout(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  }, graceMs).unref()
}
