/** The method `stream`: pg_dump's archive is piped into pg_restore; nothing is written to disk. */
import {
  programError,
  startProgram,
  type ProgramResult,
  type RunningProgram,
} from '../client/run.js'
import { CancelledError } from '../errors.js'
import { withScheduler } from './copy/scheduler.js'
import { listStream, type StreamHead } from './tools/archive-list.js'
import { readEncoding } from './encoding.js'
import {
  fitRestoreInPart,
  isRestoredWhole,
  wholeRestore,
  type FittedRestore,
} from './administrator/fit-restore.js'
import { carriesTablespaces } from './tablespaces.js'
import { activityOf } from './tools/tool-activity.js'
import { dumpArguments, restoreArguments } from './tools/tool-arguments.js'
import { judgeRestore } from './tools/restore.js'
import { stagingConninfo } from './tools/restore-settings.js'
import type { Transfer, TransferOptions, TransferResult } from './transfer.js'

/** Runs both programs at once; every exit code on both ends of the pipe counts. */
export const transferStream: Transfer = async (options) => {
  const tablespaces = await carriesTablespaces(options.source, options.target)
  const { result, fitted } = await options.phase('stream', 'both', () => pipe(options, tablespaces))
  return { ...result, ...(await withScheduler(1, options.signal, fitted.finish)) }
}

interface Piped {
  readonly result: TransferResult
  readonly fitted: FittedRestore
}

async function pipe(options: TransferOptions, tablespaces: boolean): Promise<Piped> {
  const encoding = await options.source.withSession(options.database, readEncoding)
  // Asked before there is a dump: what a program has written when it ends, and nobody reads yet, Node discards.
  const isWhole = await isRestoredWhole(options)
  const dump = startProgram({
    ...options,
    tool: 'pg_dump',
    side: 'source',
    arguments: dumpArguments({
      format: 'custom',
      conninfo: options.source.conninfo(options.database, {}, options.tools.major),
      snapshotId: options.snapshot.id,
      encoding,
      compression: 'default',
      tablespaces,
      more: options.pgDumpArguments,
    }),
    environment: { PGPASSFILE: options.passwordFiles.source },
    logName: 'pg_dump',
    stdout: 'pipe',
  })
  try {
    return await restoreFrom(dump, options, { tablespaces, isWhole })
  } catch (error) {
    // Without a reader, the dump would go on for hours for nothing.
    dump.end()
    dump.stdout?.resume()
    throw error
  }
}

async function restoreFrom(
  dump: RunningProgram,
  options: TransferOptions,
  { tablespaces, isWhole }: { readonly tablespaces: boolean; readonly isWhole: boolean },
): Promise<Piped> {
  const { head, fitted } = isWhole
    ? { head: undefined, fitted: wholeRestore }
    : await fitStream(options, dump)
  const restore = startProgram({
    ...options,
    tool: 'pg_restore',
    side: 'target',
    arguments: restoreArguments({
      conninfo: stagingConninfo(options),
      tablespaces,
      ...fitted,
      more: [...fitted.arguments, ...options.pgRestoreArguments],
    }),
    environment: { PGPASSFILE: options.passwordFiles.target },
    logName: 'pg_restore',
    stdin: 'pipe',
    onLine: activityOf(options),
  })
  connect(dump, restore, head, options.onBytes)
  const [dumped, { restored, wasCutOff }] = await Promise.all([
    dump.finished.catch((error: unknown) => {
      restore.end()
      throw error
    }),
    restore.finished.then((result) => {
      const isCutOff = dump.stdout?.readableEnded === true
      if (result.exitCode !== 0) dump.end()
      return { restored: result, wasCutOff: isCutOff }
    }),
  ])
  if (options.signal.aborted) throw new CancelledError()
  return { result: judgePipe({ dumped, restored, wasCutOff }, options.signal), fitted }
}

/** Only who leaves something out pays for reading the list before the restore begins. */
async function fitStream(
  options: TransferOptions,
  dump: RunningProgram,
): Promise<{ head: StreamHead; fitted: FittedRestore }> {
  const head = await listStream(options, dump)
  return { head, fitted: await fitRestoreInPart(options, () => Promise.resolve(head.list)) }
}

interface PipeResults {
  readonly dumped: ProgramResult
  readonly restored: ProgramResult
  /** Whether pg_dump's output had ended before pg_restore did. */
  readonly wasCutOff: boolean
}

/**
 * The program that failed first is the cause; the other one's error is the consequence. When the dump's output ended
 * first, pg_restore failed for want of the rest; the order in which the two processes are seen to end says nothing.
 */
function judgePipe(
  { dumped, restored, wasCutOff }: PipeResults,
  signal: AbortSignal,
): TransferResult {
  const dumpFailed = dumped.exitCode !== 0
  if (dumpFailed && wasCutOff) throw programError(dumped)
  const result = judgeRestore(restored, signal)
  if (dumpFailed) throw programError(dumped)
  return result
}

/** Joins the two; when pg_restore stops reading, the rest of the dump is read away, so that pg_dump's own end is seen. */
function connect(
  dump: RunningProgram,
  restore: RunningProgram,
  head: StreamHead | undefined,
  onBytes: (bytes: number) => void,
): void {
  const from = head?.rest ?? dump.stdout
  const into = restore.stdin
  if (from === null || into === null) return
  let bytes = 0
  for (const chunk of head?.chunks ?? []) {
    bytes += chunk.length
    into.write(chunk)
  }
  from.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    onBytes(bytes)
  })
  if (from.readableEnded) into.end()
  else from.pipe(into)
  into.on('error', () => {
    from.unpipe(into)
    from.resume()
  })
}
