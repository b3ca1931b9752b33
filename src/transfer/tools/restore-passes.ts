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
  /** OIDs of the extensions' configuration tables that have rows in the archive. */
  readonly configured: ReadonlySet<string>
  /** OIDs of indexes whose functions may look into any table, and of the constraints that they belong to. */
  readonly late: ReadonlySet<string>
}

/**
 * With `--jobs`, pg_restore runs the statements about privileges side by side as well. Where somebody has granted in its
 * own name, the dump changes to that role, which then needs USAGE on the schema, and that may not be there yet: seen to
 * fail in three of ten runs on the smallest of databases. So they are run by one job, and what needs them afterwards.
 *
 * A foreign key from or to a partitioned table locks all partitions, of which pg_restore knows nothing, while an index of
 * one of them may be attached: a deadlock. So these keys are added by one job, when all indexes are in place.
 *
 * What a check, a generated column or a type looks up in an extension's configuration table must be there before the rows of
 * other tables, and so must what another configuration table's key points to. pg_dump knows of these keys alone: it puts the
 * rows into their order, which one job keeps.
 *
 * With several jobs an index is built as soon as the rows of its own table are in. One whose function looks into another table
 * waits until all rows are, as with one job: built earlier it holds what the function has not found.
 *
 * A check that is NOT VALID must come behind the rows that break it. It is added to a table's children as well, and to the columns
 * of a domain, but pg_restore waits for the rows of its own table only.
 */
export async function restorePasses(options: PassOptions): Promise<RestorePass[]> {
  const { jobs, folder, configured } = options
  if (jobs === 1 && configured.size === 0) return [{ name: '', jobs }]
  const entries = readRestoreList(await options.readList()).filter(
    ({ dumpId }) => !options.droppedIds.has(dumpId),
  )
  const keys = partitionedKeys(entries)
  const isGranted = (entry: ListEntry) => options.grants && isPrivilege(entry)
  const granting = entries.filter(isGranted)
  const configuring = configurationRows(entries, configured)
  const late = jobs > 1 ? lateIndexes(entries, options.late) : new Set<ListEntry>()
  const checks = withDependents(
    entries,
    entries.filter(({ text }) => text.startsWith('CHECK CONSTRAINT ')),
  )
  const apart = granting.length + keys.size + late.size + checks.size
  const isSplit = configuring.size > 0 || (jobs > 1 && apart > 0)
  if (!isSplit) return [{ name: '', jobs }]
  const ordinary = entries.filter(
    (each) =>
      !isGranted(each) && !isLast(each) && !keys.has(each) && !late.has(each) && !checks.has(each),
  )
  const passes = [
    ...rowsInOrder(ordinary, configuring, jobs),
    { name: 'indexes', jobs, entries: entries.filter((each) => late.has(each)) },
    { name: 'checks', jobs: 1, entries: entries.filter((each) => checks.has(each)) },
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

/** All definitions that a row may need, and the rows that others may need; then the rest. */
function rowsInOrder(
  entries: readonly ListEntry[],
  configuring: ReadonlySet<ListEntry>,
  jobs: number,
) {
  if (configuring.size === 0) return [{ name: '', jobs, entries }]
  const definitions = entries.slice(0, entries.findIndex(isRows))
  const early = new Set([...definitions, ...configuring])
  return [
    { name: '', jobs: 1, entries: [...early] },
    { name: 'rest', jobs, entries: entries.filter((entry) => !early.has(entry)) },
  ]
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
  return withDependents(entries, keys)
}

function lateIndexes(
  entries: readonly ListEntry[],
  oids: ReadonlySet<string>,
): ReadonlySet<ListEntry> {
  const late = entries.filter(
    ({ oid, text }) =>
      oids.has(oid) && (text.startsWith('INDEX ') || text.startsWith('CONSTRAINT ')),
  )
  return withDependents(entries, late)
}

/** With all that depends on them: their comments, and indexes of partitions that are attached. */
function withDependents(
  entries: readonly ListEntry[],
  chosen: readonly ListEntry[],
): ReadonlySet<ListEntry> {
  const ids = new Set(chosen.map(({ dumpId }) => dumpId))
  const found = new Set(chosen)
  // In the archive's order, what depends on an entry stands behind it.
  for (const entry of entries) {
    if (!entry.dependsOn.some((id) => ids.has(id))) continue
    ids.add(entry.dumpId)
    found.add(entry)
  }
  return found
}

function configurationRows(
  entries: readonly ListEntry[],
  configured: ReadonlySet<string>,
): ReadonlySet<ListEntry> {
  return new Set(entries.filter((entry) => isRows(entry) && configured.has(entry.oid)))
}

/** An entry with rows has the OID of its table, and no catalog. */
function isRows({ catalog, text }: ListEntry): boolean {
  return catalog === '0' && text.startsWith('TABLE DATA ')
}

function isPrivilege({ text }: ListEntry): boolean {
  return privileges.test(text)
}

function isLast({ text }: ListEntry): boolean {
  return last.test(text)
}
