/** Cuts a restore by several jobs into runs of pg_restore, so that what must not be done side by side is done in order. */
import { writeFile } from 'node:fs/promises'
import { printRestoreList, readRestoreList, type ListEntry } from './restore-list.js'

export interface RestorePass {
  /** For the name of the log file; empty for the first. */
  readonly name: string
  /** For `--use-list`; absent where everything is restored. */
  readonly listFile?: string
  readonly jobs: number
}

const privileges = /^(?:DEFAULT )?ACL /
/** What pg_restore keeps for the end: it may need the privileges (pg_backup_archiver.c, _tocEntryRestorePass). */
const last =
  /^(?:MATERIALIZED VIEW DATA|STATISTICS DATA|EVENT TRIGGER|(?:COMMENT|SECURITY LABEL) - EVENT TRIGGER) /

export interface PassOptions {
  readonly jobs: number
  /** Returns what `pg_restore --list --verbose` prints of the archive. */
  readonly readList: () => Promise<string>
  /** Where the lists for `--use-list` are written. */
  readonly folder: string
  /** Dump IDs of entries that are left out. */
  readonly droppedIds: ReadonlySet<number>
  /** Whether privileges are restored from the archive at all. */
  readonly grants: boolean
}

/**
 * With `--jobs`, pg_restore runs the statements about privileges side by side as well. Where somebody has granted in its
 * own name, the dump changes to that role, which then needs USAGE on the schema, and that may not be there yet: seen to
 * fail in three of ten runs on the smallest of databases. So they are run by one job, and what needs them afterwards.
 *
 * A foreign key from or to a partitioned table locks all partitions, of which pg_restore knows nothing, while an index of
 * one of them may be attached: a deadlock. So these keys are added by one job, when all indexes are in place.
 */
export async function restorePasses(options: PassOptions): Promise<RestorePass[]> {
  const { jobs, folder } = options
  if (jobs === 1) return [{ name: '', jobs }]
  const entries = readRestoreList(await options.readList()).filter(
    ({ dumpId }) => !options.droppedIds.has(dumpId),
  )
  const keys = partitionedKeys(entries)
  const isGranted = (entry: ListEntry) => options.grants && isPrivilege(entry)
  const granting = entries.filter(isGranted)
  if (granting.length === 0 && keys.size === 0) return [{ name: '', jobs }]
  const isFirst = (entry: ListEntry) => !isGranted(entry) && !isLast(entry) && !keys.has(entry)
  const passes = [
    { name: '', jobs, entries: entries.filter(isFirst) },
    { name: 'keys', jobs: 1, entries: [...keys] },
    { name: 'privileges', jobs: 1, entries: granting },
    { name: 'end', jobs, entries: entries.filter(isLast) },
  ]
  return Promise.all(
    passes
      .filter((pass) => pass.entries.length > 0)
      .map(async ({ name, jobs, entries }) => {
        const listFile = `${folder}/restore-${name === '' ? 'first' : name}.list`
        await writeFile(listFile, printRestoreList(entries), { mode: 0o600 })
        return { name, jobs, listFile }
      }),
  )
}

/** The foreign keys from and to partitioned tables, and what depends on them: their comments. */
function partitionedKeys(entries: readonly ListEntry[]): ReadonlySet<ListEntry> {
  const partitioned = new Set(
    entries
      .filter(({ text }) => text.startsWith('TABLE ATTACH '))
      .flatMap((each) => each.dependsOn),
  )
  const keys = entries.filter(
    ({ text, dependsOn }) =>
      text.startsWith('FK CONSTRAINT ') && dependsOn.some((id) => partitioned.has(id)),
  )
  const keyIds = new Set(keys.map(({ dumpId }) => dumpId))
  return new Set([
    ...keys,
    ...entries.filter(({ dependsOn }) => dependsOn.some((id) => keyIds.has(id))),
  ])
}

function isPrivilege({ text }: ListEntry): boolean {
  return privileges.test(text)
}

function isLast({ text }: ListEntry): boolean {
  return last.test(text)
}
