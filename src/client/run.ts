/** Runs one client tool: no shell, an environment built from scratch, stderr kept, ended when the run is cancelled. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream, type WriteStream } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { CancelledError, limitHint, messageOf, ProgramError, type Side } from '../errors.js'
import { toolEnvironment } from './environment.js'
import { readLines } from './lines.js'
import { isProgress, readMessages } from './messages.js'
import { shorten } from '../report/format.js'
import type { ClientTools, ToolName } from './tools.js'

/** What every run of a tool shares. */
export interface ProgramContext {
  readonly tools: ClientTools
  /** The private folder of this run: HOME and TMPDIR of the child, so that no file of the user is read. */
  readonly workDirectory: string
  /** Folder that gets one log file for each program. */
  readonly logDirectory: string
  readonly signal: AbortSignal
  /** Told of every child, so that the post step can end one that outlived this process. */
  readonly onChild: (processId: number) => void
  /** The sides whose servers answer in another language than English. */
  readonly foreignSides: ReadonlySet<Side>
}

export interface ProgramOptions extends ProgramContext {
  readonly tool: ToolName
  readonly arguments: readonly string[]
  /** The side whose password file the tool needs, or that is to blame. */
  readonly side: Side
  /** PGPASSFILE and what else the tool needs beyond the standard environment. */
  readonly environment: Readonly<Record<string, string>>
  /** Name of the log file, without its ending. */
  readonly logName: string
  readonly stdin?: 'ignore' | 'pipe'
  readonly stdout?: 'log' | 'pipe'
  readonly onLine?: (line: string) => void
}

export interface ProgramResult {
  readonly tool: ToolName
  readonly side: Side
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly endedBy: NodeJS.Signals | null
  /** The last lines on stderr, at most `keptLines`. */
  readonly lines: readonly string[]
  readonly logFile: string
}

export interface RunningProgram {
  readonly stdin: Writable | null
  readonly stdout: Readable | null
  /** Resolves with the result whatever the exit code; rejects only when the program cannot be started, which is no error before it is asked for. */
  readonly finished: Promise<ProgramResult>
  /** SIGTERM, then SIGKILL when it does not end. */
  readonly end: () => void
}

/** Enough for every error of a restore that failed on thousands of objects. */
const keptLines = 20_000
/** At the end of what a tool says is why it failed. */
const toldLines = 12
/** The runner gives a cancelled step 7.5 s before its second signal; a tool gets less. */
const graceMs = 2_000

/** Starts a tool. */
export function startProgram(options: ProgramOptions): RunningProgram {
  const { tool, tools, signal } = options
  if (signal.aborted) throw new CancelledError()
  const child = spawn(tools.path(tool), [...options.arguments], {
    env: toolEnvironment(options.workDirectory, { ...tools.environment, ...options.environment }),
    cwd: options.workDirectory,
    stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
    shell: false,
  })
  if (child.pid !== undefined) options.onChild(child.pid)
  const logFile = `${options.logDirectory}/${options.logName}.log`
  const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 })
  log.on('error', () => {
    // On a full disk, say: a tool whose words nobody reads would wait for ever.
    if (options.stdout !== 'pipe') child.stdout?.resume()
  })
  if (options.stdout !== 'pipe') child.stdout?.pipe(log, { end: false })
  // Without file descriptors for them, Node leaves the streams undefined.
  const streams: Partial<Pick<ChildProcess, 'stdin' | 'stdout' | 'stderr'>> = child
  const { stdin = null, stdout = null, stderr = null } = streams
  const lines = collectLines(stderr, log, options)
  const end = () => {
    endChild(child)
  }
  signal.addEventListener('abort', end)
  const ended = waitForExit(child)
    .then(async (exit) => ({ tool, side: options.side, ...exit, lines: await lines, logFile }))
    .finally(async () => {
      signal.removeEventListener('abort', end)
      await endLog(log)
    })
  ended.catch(() => undefined)
  return { stdin, stdout, finished: ended, end }
}

/** Runs a tool to its end; throws a `ProgramError` when its exit code is not 0. */
export async function runProgram(options: ProgramOptions): Promise<ProgramResult> {
  const result = await startProgram(options).finished
  assertSucceeded(result, options.signal)
  return result
}

/** Throws what the result of a failed program means. */
export function assertSucceeded(result: ProgramResult, signal: AbortSignal): void {
  if (signal.aborted) throw new CancelledError()
  if (result.exitCode !== 0) throw programError(result)
}

/** The error for a tool that did not end well: its exit code or signal, and the end of what it said. */
export function programError(result: ProgramResult): ProgramError {
  const ending =
    result.endedBy === null
      ? `ended with exit code ${String(result.exitCode)}`
      : `was ended by ${result.endedBy}`
  const said = causeOf(result.lines.filter((line) => !isProgress(line)))
    .map((line) => shorten(line, 600))
    .join('\n')
  const full = result.lines.filter((line) => line.includes('No space left on device'))
  const isOurs = full.some((line) => !isServers(line))
  const isLimited =
    result.endedBy === 'SIGXFSZ' ||
    result.lines.some((line) => line.includes('File too large') && !isServers(line))
  return new ProgramError(
    `${result.tool} (${result.side}) ${ending}${said === '' ? '.' : `:\n${said}`}`,
    {
      code: full.length > 0 ? 'disk-full' : `${result.tool.replace('_', '-')}-failed`,
      side: isOurs || isLimited ? 'runner' : result.side,
      hint: isOurs
        ? 'The disk behind "dump-directory" is full: name a larger one, or choose the method "stream", which writes no dump.'
        : isLimited
          ? 'It wrote a file that is larger than this machine allows it to ("ulimit -f"): raise that limit, or choose the method "copy" or "stream", which writes no dump.'
          : `All that it said is in ${result.logFile}.`,
      program: result.tool,
      output: result.lines,
    },
  )
}

/** Not what comes before the error: workers of a tool write into each other's lines, so that not all progress is known as such. */
function causeOf(lines: readonly string[]): readonly string[] {
  const tail = Math.max(0, lines.length - toldLines)
  const known = lines.findIndex((line, index) => index >= tail && isKnownError(line))
  // Notices look the same in a language that nobody knows; the error comes last.
  const passedOn = lines.findLastIndex((line) => isPassedOn(line))
  const isBefore = passedOn >= tail && passedOn < known
  const start = known === -1 || isBefore ? passedOn : known
  return start === -1 ? lines.slice(tail) : lines.slice(start, start + toldLines)
}

function isKnownError(line: string): boolean {
  return /\berror: |\b(?:ERROR|FATAL|PANIC):/.test(line)
}

/** The severity in front of a server's words, which is in the server's language, has two blanks behind it, as labels have. */
const serversLabel = /[^\s:"]: {2}/

/** The first line of a server's words, behind the name of the tool. */
function isPassedOn(line: string): boolean {
  return /^(?:pg_\w+|psql|vacuumdb):/.test(line) && serversLabel.test(line)
}

/** Words of a server that the tool passes on. */
function isServers(line: string): boolean {
  return serversLabel.test(line) || /\b(?:ERROR|FATAL|PANIC|DETAIL|CONTEXT):/.test(line)
}

async function endLog(log: WriteStream): Promise<void> {
  // Also called when the disk is full.
  await new Promise<void>((resolve) => {
    log.end(() => {
      resolve()
    })
  })
}

async function collectLines(
  stderr: Readable | null,
  log: WriteStream,
  { onLine, side, foreignSides }: Pick<ProgramOptions, 'onLine' | 'side' | 'foreignSides'>,
): Promise<readonly string[]> {
  const kept: string[] = []
  if (stderr === null) return kept
  const messages = readMessages((line) => {
    log.write(`${line}\n`)
    // Not one by one: with many tables, to move all the others for every line took a third of our processor time.
    if (kept.length === 2 * keptLines) kept.splice(0, keptLines)
    kept.push(line)
    onLine?.(line)
  }, !foreignSides.has(side))
  await readLines(stderr, messages.line)
  messages.end()
  return kept.slice(-keptLines)
}

function waitForExit(
  child: ChildProcess,
): Promise<{ exitCode: number | null; endedBy: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        new ProgramError(`${child.spawnfile} could not be started: ${messageOf(error)}`, {
          code: 'client-tools-broken',
          side: 'runner',
          hint: limitHint(messageOf(error)),
          program: child.spawnfile,
          output: [],
          cause: error,
        }),
      )
    })
    child.once('close', (exitCode, endedBy) => {
      resolve({ exitCode, endedBy })
    })
  })
}

function endChild(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  setTimeout(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  }, graceMs).unref()
}
