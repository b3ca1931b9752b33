/** The definitions of all objects, through the client tools: one archive without rows, restored in steps. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { runProgram } from '../../../client/run.js'
import { listArchive } from '../../tools/archive-list.js'
import { readEncoding } from '../../encoding.js'
import { fitRestore, type FittedRestore } from '../../administrator/fit-restore.js'
import { carriesTablespaces } from '../../tablespaces.js'
import { activityOf } from '../../tools/tool-activity.js'
import { dumpArguments } from '../../tools/tool-arguments.js'
import type { TransferOptions, TransferResult } from '../../transfer.js'
import { isGiven } from '../arguments.js'
import { definitionsOnly } from './definitions-only.js'
import { readArchive, type ArchiveEntry, type Section } from './archive.js'
import { restoreManyDefinitions, restoreDefinitions } from './restore-definitions.js'
import type { Scheduler } from '../scheduler.js'

export interface Schema {
  /** Hands them over. Of many objects they are a large part of what is held in memory, and only the plan needs them. */
  takeEntries(): ArchiveEntry[]
  /** Restores the section before the data. The caller holds the place of one slot; others help where they are free. */
  restorePreData(scheduler: Scheduler): Promise<TransferResult>
  /** Restores the named entries of the section after the data, in the archive's order. */
  restorePostData(name: string, dumpIds: readonly number[]): Promise<TransferResult>
  /** True where owners and privileges are given once everything is there, because the administrator is no superuser. */
  readonly givesOwnersLater: boolean
  /** Gives them; returns what the validation has to expect. */
  readonly finish: FittedRestore['finish']
  /** Removes the files. */
  remove(): Promise<void>
}

/** Dumps the definitions inside the snapshot. */
export async function dumpSchema(options: TransferOptions): Promise<Schema> {
  const file = `${options.workDirectory}/schema.dump`
  const tablespaces = await carriesTablespaces(options.source, options.target)
  // In UTF8 whatever was asked for, because the statements run in our own sessions as well. Nobody knows what the bytes of
  // SQL_ASCII are: those that are no UTF8 are left to pg_restore.
  const ofDatabase = await options.source.withSession(options.database, readEncoding)
  const encoding = ofDatabase === 'SQL_ASCII' ? ofDatabase : 'UTF8'
  await runProgram({
    ...options,
    tool: 'pg_dump',
    side: 'source',
    arguments: dumpArguments({
      format: 'custom',
      conninfo: options.source.conninfo(options.database, {}, options.tools.major),
      snapshotId: options.snapshot.id,
      encoding,
      file,
      compression: 'none',
      tablespaces,
      more: [
        ...options.pgDumpArguments,
        ...(await definitionsOnly(options.snapshot)),
        `--encoding=${encoding}`,
      ],
    }),
    environment: { PGPASSFILE: options.passwordFiles.source },
    logName: 'pg_dump',
    onLine: activityOf(options),
  })
  const fitted = await fitRestore(options, () => listArchive(options, file))
  const part = (name: string, section: Section, listFile?: string) => ({
    file,
    name,
    tablespaces,
    more: [`--section=${section}`, ...fitted.arguments],
    listFile,
  })
  const { entries, separable, definitions } = readArchive(await readFile(file))
  // pg_dump writes them into an archive whatever it is told, and leaves it to pg_restore not to use them.
  const keepsTablespaces = tablespaces && !isGiven(options, '--no-tablespaces')
  const restored = entries
    .filter(({ dumpId }) => !fitted.droppedIds.has(dumpId))
    .map((entry) => (keepsTablespaces ? entry : { ...entry, tablespace: null }))
  return {
    takeEntries: () => restored.splice(0),
    givesOwnersLater: !options.target.facts.isSuperuser,
    restorePreData(scheduler) {
      const preData = part('pre-data', 'pre-data', fitted.listFile)
      // These are not needed again either.
      const taken = separable.splice(0)
      return restoreManyDefinitions(options, preData, { separable: taken, definitions }, scheduler)
    },
    async restorePostData(name, dumpIds) {
      if (dumpIds.length === 0) return { ignoredErrors: [] }
      const listFile = `${options.workDirectory}/${name}.list`
      await writeFile(listFile, dumpIds.map((id) => `${id};\n`).join(''), { mode: 0o600 })
      return restoreDefinitions(options, part(name, 'post-data', listFile))
    },
    finish: fitted.finish,
    remove: () => rm(file, { force: true }),
  }
}
