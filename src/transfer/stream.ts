/** The method `stream`: pg_dump's archive is piped into pg_restore; nothing is written to disk. */
import {
  programError,
  startProgram,
  type ProgramResult,
  type RunningProgram,
} from '../client/run.js'
import { CancelledError } from '../errors.js'
import { carriesTablespaces } from './tablespaces.js'
import { activityOf } from './tool-activity.js'
import { dumpArguments, restoreArguments } from './tool-arguments.js'
import { judgeRestore } from './restore.js'
import type { Transfer, TransferOptions, TransferResult } from './transfer.js'

/** Runs both programs at once; every exit code on both ends of the pipe counts. */
export const transferStream: Transfer = async (options) => {
  const tablespaces = await carriesTablespaces(options.source, options.target)
  return options.phase('stream', 'both', () => pipe(options, tablespaces))
}

async function pipe(options: TransferOptions, tablespaces: boolean): Promise<TransferResult> {
  const dump = startProgram({
    ...options,
    tool: 'pg_dump',
    side: 'source',
    arguments: dumpArguments({
      format: 'custom',
      conninfo: options.source.conninfo(options.database),
      snapshotId: options.snapshot.id,
      compression: 'default',
      tablespaces,
      more: options.pgDumpArguments,
    }),
    environment: { PGPASSFILE: options.passwordFiles.source },
    logName: 'pg_dump',
    stdout: 'pipe',
  })
  const restore = startProgram({
    ...options,
    tool: 'pg_restore',
    side: 'target',
    arguments: restoreArguments({
      conninfo: options.target.conninfo(options.stagingDatabase),
      tablespaces,
      more: options.pgRestoreArguments,
    }),
    environment: { PGPASSFILE: options.passwordFiles.target },
    logName: 'pg_restore',
    stdin: 'pipe',
    onLine: activityOf(options),
  })
  connect(dump, restore, options.onBytes)
  const ended: ProgramResult[] = []
  const inOrder = [dump, restore].map(async (program) => {
    const result = await program.finished
    ended.push(result)
    // Without a reader, the dump would go on for hours for nothing.
    if (program === restore && result.exitCode !== 0) dump.end()
    return result
  })
  const [dumped, restored] = await Promise.all(inOrder)
  if (options.signal.aborted || dumped === undefined || restored === undefined) {
    throw new CancelledError()
  }
  return judgePipe(dumped, restored, ended, options.signal)
}

/** The program that failed first is the cause; the other one's error is the consequence. */
function judgePipe(
  dumped: ProgramResult,
  restored: ProgramResult,
  ended: readonly ProgramResult[],
  signal: AbortSignal,
): TransferResult {
  const dumpFailed = dumped.exitCode !== 0
  if (dumpFailed && ended[0] === dumped) throw programError(dumped)
  const result = judgeRestore(restored, signal)
  if (dumpFailed) throw programError(dumped)
  return result
}

/** Joins the two; when pg_restore stops reading, the rest of the dump is read away, so that pg_dump's own end is seen. */
function connect(
  dump: RunningProgram,
  restore: RunningProgram,
  onBytes: (bytes: number) => void,
): void {
  const from = dump.stdout
  const into = restore.stdin
  if (from === null || into === null) return
  let bytes = 0
  from.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    onBytes(bytes)
  })
  from.pipe(into)
  into.on('error', () => {
    from.unpipe(into)
    from.resume()
  })
}
