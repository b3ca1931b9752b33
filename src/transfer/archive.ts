/** The methods that write a dump to disk and restore it: `plain`, `custom` and `parallel`. */
import { rm } from 'node:fs/promises'
import { runProgram, startProgram } from '../client/run.js'
import { carriesTablespaces } from './tablespaces.js'
import {
  dumpArguments,
  psqlArguments,
  restoreArguments,
  type DumpArguments,
} from './tool-arguments.js'
import { activityOf } from './tool-activity.js'
import { judgeRestore } from './restore.js'
import type { Transfer, TransferOptions } from './transfer.js'

/** pg_dump to an SQL file, psql. */
export const transferPlain: Transfer = (options) =>
  withDump(options, 'plain', async (file) => {
    await options.phase('restore', 'target', () =>
      runProgram({
        ...options,
        tool: 'psql',
        side: 'target',
        arguments: psqlArguments(options.target.conninfo(options.stagingDatabase), file),
        environment: { PGPASSFILE: options.passwordFiles.target },
        logName: 'psql',
      }),
    )
    return { ignoredErrors: [] }
  })

/** pg_dump to one compressed archive, pg_restore with parallel jobs. */
export const transferCustom: Transfer = (options) =>
  withDump(options, 'custom', (archive) => restoreArchive(options, archive))

/** pg_dump and pg_restore on a directory of files, with parallel jobs on both sides. */
export const transferParallel: Transfer = (options) =>
  withDump(options, 'directory', (archive) => restoreArchive(options, archive))

async function withDump<T>(
  options: TransferOptions,
  format: DumpArguments['format'],
  restore: (file: string) => Promise<T>,
): Promise<T> {
  const file = `${options.dumpDirectory}/dump`
  const tablespaces = await carriesTablespaces(options.source, options.target)
  try {
    await options.phase('dump', 'source', () =>
      runProgram({
        ...options,
        tool: 'pg_dump',
        side: 'source',
        arguments: dumpArguments({
          format,
          conninfo: options.source.conninfo(options.database),
          snapshotId: options.snapshot.id,
          file,
          jobs: options.jobs,
          compression: 'default',
          tablespaces,
          more: options.pgDumpArguments,
        }),
        environment: { PGPASSFILE: options.passwordFiles.source },
        logName: 'pg_dump',
        onLine: activityOf(options),
      }),
    )
    return await restore(file)
  } finally {
    await rm(file, { recursive: true, force: true })
  }
}

async function restoreArchive(options: TransferOptions, archive: string) {
  const tablespaces = await carriesTablespaces(options.source, options.target)
  const result = await options.phase(
    'restore',
    'target',
    () =>
      startProgram({
        ...options,
        tool: 'pg_restore',
        side: 'target',
        arguments: restoreArguments({
          conninfo: options.target.conninfo(options.stagingDatabase),
          tablespaces,
          jobs: options.jobs,
          more: options.pgRestoreArguments,
          archive,
        }),
        environment: { PGPASSFILE: options.passwordFiles.target },
        logName: 'pg_restore',
        onLine: activityOf(options),
      }).finished,
  )
  return judgeRestore(result, options.signal)
}
