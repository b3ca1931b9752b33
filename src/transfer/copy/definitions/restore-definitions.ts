/** Restores definitions from an archive: many in one query where nothing is refused, one by one where something is. */
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { assertSucceeded, startProgram, type RunningProgram } from '../../../client/run.js'
import { messageOf, throwIfCancelled } from '../../../errors.js'
import { judgeRestore } from '../../tools/restore.js'
import { stagingConninfo } from '../../tools/restore-settings.js'
import { activityOf } from '../../tools/tool-activity.js'
import { restoreArguments } from '../../tools/tool-arguments.js'
import type { TransferOptions, TransferResult } from '../../transfer.js'
import type { Archive } from './archive.js'
import { mostSessions, runSteps } from './definition-lanes.js'
import { definitionSteps } from './definition-steps.js'
import { scriptPieces } from './definitions-script.js'
import type { Scheduler } from '../scheduler.js'

/** What is restored of which archive. */
export interface ArchivePart {
  readonly file: string
  /** For the name of the log file. */
  readonly name: string
  readonly tablespaces: boolean
  /** Arguments that say which entries. */
  readonly more: readonly string[]
  readonly listFile: string | undefined
}

/** Measured: with so many, pg_restore takes longer even where a server answers at once; 20 ms away it takes fifteen times as long. */
const fewestDefinitions = 40

/**
 * Restores the definitions of an archive into the empty staging database. pg_restore waits for the server several times
 * for each; of many, it writes the script instead, and sessions of ours send a hundred of them at a time. Whatever is
 * refused then, the database is made anew and pg_restore takes them one by one, so that harmless errors are passed
 * over and all others are told. The caller holds the place of one slot.
 */
export async function restoreManyDefinitions(
  options: TransferOptions,
  part: ArchivePart,
  archive: Omit<Archive, 'entries'>,
  scheduler: Scheduler,
): Promise<TransferResult> {
  // The script is written for a server of the tools' own major.
  const isWorthIt =
    archive.definitions >= fewestDefinitions && options.tools.major === options.target.facts.major
  if (!isWorthIt) return restoreDefinitions(options, part)
  const refusal = await runScript(options, part, archive, scheduler)
  if (refusal === null) return { ignoredErrors: [] }
  throwIfCancelled(options.signal)
  options.log.info(
    `Restoring many definitions at a time failed, so they are restored one by one in a new staging database: ${messageOf(refusal)}`,
  )
  await options.renewStaging()
  return restoreDefinitions(options, part)
}

/** Restores each definition in a transaction of its own, whatever becomes of the others. */
export async function restoreDefinitions(
  options: TransferOptions,
  part: ArchivePart,
): Promise<TransferResult> {
  const restore = startRestore(options, part, {
    conninfo: stagingConninfo(options),
  })
  return judgeRestore(await restore.finished, options.signal)
}

/** Null when everything is there, otherwise why it is not. */
async function runScript(
  options: TransferOptions,
  part: ArchivePart,
  { separable }: Pick<Archive, 'separable'>,
  scheduler: Scheduler,
): Promise<unknown> {
  const file = `${options.workDirectory}/${part.name}.sql`
  try {
    assertSucceeded(await startRestore(options, part, { file }).finished, options.signal)
    options.onActivity('creating the definitions')
    const pieces = scriptPieces(readScript(file))
    const sessions = Math.min(mostSessions, scheduler.slots)
    await runSteps(options, scheduler, definitionSteps(pieces, separable, sessions))
    return null
  } catch (error) {
    return error
  } finally {
    await rm(file, { force: true })
  }
}

/** Fails where bytes are no UTF8, as those of SQL_ASCII may be: sent by a session of ours, they would be others. */
async function* readScript(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    yield decoder.decode(chunk, { stream: true })
  }
  yield decoder.decode()
}

function startRestore(
  options: TransferOptions,
  part: ArchivePart,
  into: { readonly conninfo: string } | { readonly file: string },
): RunningProgram {
  return startProgram({
    ...options,
    tool: 'pg_restore',
    side: 'target',
    arguments: restoreArguments({
      ...into,
      tablespaces: part.tablespaces,
      ...(part.listFile === undefined ? {} : { listFile: part.listFile }),
      more: [...part.more, ...options.pgRestoreArguments],
      archive: part.file,
    }),
    environment: { PGPASSFILE: options.passwordFiles.target },
    logName: `pg_restore-${part.name}`,
    onLine: activityOf(options),
  })
}
