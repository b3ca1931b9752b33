/** The methods that write a dump to disk and restore it: `plain`, `custom` and `parallel`. */
import { rm } from 'node:fs/promises'
import { runProgram, startProgram } from '../client/run.js'
import { readFilledConfigurationTables, readIndexesOfUserFunctions } from '../server/index.js'
import { withScheduler } from './copy/scheduler.js'
import { listArchive } from './tools/archive-list.js'
import { readEncoding } from './encoding.js'
import {
  fitRestore,
  fitRestoreInPart,
  isRestoredWhole,
  wholeRestore,
  type FittedRestore,
} from './administrator/fit-restore.js'
import { carriesTablespaces } from './tablespaces.js'
import {
  dumpArguments,
  psqlArguments,
  restoreArguments,
  type DumpArguments,
} from './tools/tool-arguments.js'
import { activityOf } from './tools/tool-activity.js'
import { judgeRestore } from './tools/restore.js'
import { restorePasses } from './tools/restore-passes.js'
import { stagingConninfo } from './tools/restore-settings.js'
import type { Transfer, TransferOptions, TransferResult } from './transfer.js'

/**
 * pg_dump to an SQL file, psql. An SQL file is restored whole: where the target's administrator is no superuser,
 * materialized views are to be filled, or pg_restore is given arguments, it is written from an archive by pg_restore.
 */
export const transferPlain: Transfer = async (options) => {
  const isWhole = await isRestoredWhole(options)
  if (isWhole && options.pgRestoreArguments.length === 0) {
    return withDump(options, 'plain', (file) => runFile(options, file))
  }
  return withDump(options, 'custom', async (archive) => {
    const fitted = isWhole
      ? wholeRestore
      : await fitRestoreInPart(options, () => listArchive(options, archive))
    const file = `${options.dumpDirectory}/dump.sql`
    try {
      await writeSql(options, fitted, archive, file)
      const result = await runFile(options, file)
      return { ...result, ...(await withScheduler(1, options.signal, fitted.finish)) }
    } finally {
      await rm(file, { force: true })
    }
  })
}

async function runFile(options: TransferOptions, file: string): Promise<TransferResult> {
  await options.phase('restore', 'target', () =>
    runProgram({
      ...options,
      tool: 'psql',
      side: 'target',
      arguments: psqlArguments(stagingConninfo(options), file),
      environment: { PGPASSFILE: options.passwordFiles.target },
      logName: 'psql',
    }),
  )
  return { ignoredErrors: [] }
}

async function writeSql(
  options: TransferOptions,
  fitted: FittedRestore,
  archive: string,
  file: string,
): Promise<void> {
  const tablespaces = await carriesTablespaces(options.source, options.target)
  await options.phase('write SQL', 'runner', () =>
    runProgram({
      ...options,
      tool: 'pg_restore',
      side: 'runner',
      arguments: restoreArguments({
        file,
        tablespaces,
        ...fitted,
        more: [...fitted.arguments, ...options.pgRestoreArguments],
        archive,
      }),
      environment: {},
      logName: 'pg_restore',
    }),
  )
}

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
  const encoding = await options.source.withSession(options.database, readEncoding)
  try {
    await options.phase('dump', 'source', () =>
      runProgram({
        ...options,
        tool: 'pg_dump',
        side: 'source',
        arguments: dumpArguments({
          format,
          conninfo: options.source.conninfo(options.database, {}, options.tools.major),
          snapshotId: options.snapshot.id,
          encoding,
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

async function restoreArchive(options: TransferOptions, archive: string): Promise<TransferResult> {
  const tablespaces = await carriesTablespaces(options.source, options.target)
  const readList = () => listArchive(options, archive)
  const fitted = await fitRestore(options, readList)
  const configured = await options.snapshot.withSession(readFilledConfigurationTables)
  const late = await options.snapshot.withSession(readIndexesOfUserFunctions)
  const passes = await restorePasses({
    jobs: options.jobs,
    readList,
    folder: options.dumpDirectory,
    droppedIds: fitted.droppedIds,
    // Anybody else restores no privileges: they are given afterwards.
    grants: options.target.facts.isSuperuser,
    configured: new Set(configured.map(String)),
    late: new Set(late.map(String)),
  })
  const ignoredErrors = await options.phase('restore', 'target', async () => {
    const judged: TransferResult['ignoredErrors'][] = []
    for (const pass of passes) {
      const { name, ...which } = pass
      const { finished } = startProgram({
        ...options,
        tool: 'pg_restore',
        side: 'target',
        arguments: restoreArguments({
          conninfo: stagingConninfo(options),
          tablespaces,
          ...fitted,
          ...which,
          more: [...fitted.arguments, ...options.pgRestoreArguments],
          archive,
        }),
        environment: { PGPASSFILE: options.passwordFiles.target },
        logName: name === '' ? 'pg_restore' : `pg_restore-${name}`,
        onLine: activityOf(options),
      })
      judged.push(judgeRestore(await finished, options.signal).ignoredErrors)
    }
    return judged.flat()
  })
  return { ignoredErrors, ...(await withScheduler(options.jobs, options.signal, fitted.finish)) }
}
