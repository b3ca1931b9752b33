/** Lets pg_restore list what an archive holds: a file's, or that of a stream whose beginning is kept for the restore. */
import { PassThrough, type Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import {
  assertSucceeded,
  programError,
  startProgram,
  type RunningProgram,
} from '../../client/run.js'
import { CancelledError } from '../../errors.js'
import type { TransferOptions } from '../transfer.js'

/** With dependencies, which only `--verbose` prints. */
const listArguments = ['--list', '--verbose']

/** The list of an archive on disk. */
export async function listArchive(options: TransferOptions, archive: string): Promise<string> {
  const program = startList(options, [archive], 'ignore')
  const list = collect(program)
  assertSucceeded(await program.finished, options.signal)
  return list
}

export interface StreamHead {
  readonly list: string
  /** What was read from the stream; as long as the list needs, which comes before all data. */
  readonly chunks: readonly Buffer[]
  /** What comes behind. */
  readonly rest: Readable
}

/**
 * Reads the list from the beginning of pg_dump's stream, and leaves the rest in it. When the list cannot be
 * read because pg_dump failed, pg_dump is to blame.
 */
export async function listStream(
  options: TransferOptions,
  dump: RunningProgram,
): Promise<StreamHead> {
  const program = startList(options, [], 'pipe')
  const list = collect(program)
  const chunks: Buffer[] = []
  // Node discards what a process leaves in its paused stdout when it exits; not what is piped on.
  const rest = new PassThrough()
  dump.stdout?.pipe(rest)
  const stop = feed(rest, program, chunks)
  const result = await program.finished
  stop()
  if (options.signal.aborted) throw new CancelledError()
  if (result.exitCode !== 0) {
    const hasEnded = rest.readableEnded
    dump.end()
    rest.resume()
    const dumped = await dump.finished
    throw programError(hasEnded && dumped.exitCode !== 0 ? dumped : result)
  }
  return { list: await list, chunks, rest }
}

function startList(
  options: TransferOptions,
  archive: readonly string[],
  stdin: 'ignore' | 'pipe',
): RunningProgram {
  return startProgram({
    ...options,
    tool: 'pg_restore',
    side: 'runner',
    arguments: [...listArguments, ...archive],
    environment: {},
    logName: 'pg_restore_list',
    stdin,
    stdout: 'pipe',
  })
}

function collect({ stdout }: RunningProgram): Promise<string> {
  const list = stdout === null ? Promise.resolve('') : text(stdout)
  // Of a program that cannot be started, the list is not asked for.
  list.catch(() => undefined)
  return list
}

/** Passes the stream on until it is told to stop. */
function feed(from: Readable, { stdin }: RunningProgram, chunks: Buffer[]): () => void {
  const resume = () => {
    from.resume()
  }
  const pass = (chunk: Buffer) => {
    chunks.push(chunk)
    if (stdin?.write(chunk) === false) from.pause()
  }
  const end = () => {
    stdin?.end()
  }
  // pg_restore has read the list and gone.
  stdin?.on('error', () => undefined)
  stdin?.on('drain', resume)
  from.on('data', pass)
  from.on('end', end)
  return () => {
    stdin?.off('drain', resume)
    from.off('data', pass)
    from.off('end', end)
    from.pause()
  }
}
