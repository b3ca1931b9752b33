/** Reads the list of an archive, as `pg_restore --list --verbose` prints it, and takes entries out of it. */
import { UpgradeError } from '../../errors.js'
import { shorten } from '../../report/format.js'

/** One entry of an archive. */
export interface ListEntry {
  readonly dumpId: number
  /** The catalog and the row that the entry was made from; `0` and `0` for comments and the like. */
  readonly catalog: string
  readonly oid: string
  /** What stands behind the numbers: kind, schema, name, owner; as text it cannot be told apart for certain. */
  readonly text: string
  /** Dump IDs of the entries that must be restored before. */
  readonly dependsOn: readonly number[]
}

/** An entry that is not restored; one without a reason of its own belongs to another, which the reason names. */
export interface DroppedEntry {
  readonly entry: ListEntry
  readonly reason: string
}

export interface FilteredList {
  /** For `pg_restore --use-list`; the order is the archive's. */
  readonly list: string
  readonly dropped: readonly DroppedEntry[]
}

/** A name may hold whatever a dot does not stand for (U+2028), but no newline: pg_restore prints a blank instead. */
const entryLine = /^(\d+); (\d+) (\d+) ([^\n]*)$/
const dependencyLine = /^;\s*depends on:((?: \d+)+)\s*$/

/**
 * The entries in the archive's order. Comments of the list, and entries that it already leaves out, are skipped. Fails
 * with `unknown-archive` where a line is neither: what is not read would not be restored.
 */
export function readRestoreList(list: string): ListEntry[] {
  const entries: (ListEntry & { dependsOn: readonly number[] })[] = []
  for (const line of list.split('\n')) {
    const [, dumpId, catalog, oid, text] = entryLine.exec(line) ?? []
    const last = entries.at(-1)
    if (dumpId !== undefined && catalog !== undefined && oid !== undefined && text !== undefined) {
      entries.push({ dumpId: Number(dumpId), catalog, oid, text, dependsOn: [] })
      continue
    }
    if (line !== '' && !line.startsWith(';')) throw unreadableList(line)
    const dependencies = dependencyLine.exec(line)?.[1]
    if (dependencies !== undefined && last !== undefined) {
      entries[entries.length - 1] = {
        ...last,
        dependsOn: dependencies.trim().split(' ').map(Number),
      }
    }
  }
  return entries
}

function unreadableList(line: string): UpgradeError {
  return new UpgradeError(
    `The list that pg_restore printed of the archive cannot be read: ${JSON.stringify(shorten(line, 200))} is no entry of it.`,
    {
      code: 'unknown-archive',
      side: 'runner',
      hint: 'Use client tools of a major version that this action was tested with, and report this line as a bug.',
    },
  )
}

/** For `--use-list`. */
export function printRestoreList(entries: readonly ListEntry[]): string {
  return entries
    .map(({ dumpId, catalog, oid, text }) => `${dumpId}; ${catalog} ${oid} ${text}\n`)
    .join('')
}

/** What goes with the object that it belongs to: nothing of it makes sense without. */
const followers =
  /^(?:COMMENT|SECURITY LABEL|ACL|CAST|AGGREGATE|EVENT TRIGGER|FUNCTION|OPERATOR|OPERATOR CLASS|OPERATOR FAMILY|PROCEDURE|PUBLICATION TABLE|PUBLICATION TABLES IN SCHEMA|SUBSCRIPTION TABLE|TEXT SEARCH CONFIGURATION|TEXT SEARCH DICTIONARY|TRANSFORM|USER MAPPING) /

/** A routine depends on every transform there was for one of its types, whether it uses it or not. */
const routine = /^(?:FUNCTION|PROCEDURE) /

/**
 * Takes out every entry that `refuse` gives a reason for, and with it the comments and other additions that depend
 * on it. A table, a view, an index, a constraint is never taken out because of something else: its restore
 * fails instead, and tells why.
 */
export function filterRestoreList(
  entries: readonly ListEntry[],
  refuse: (entry: ListEntry) => string | undefined,
): FilteredList {
  const reasons = new Map<number, string>()
  for (const entry of entries) {
    const reason = refuse(entry)
    if (reason !== undefined) reasons.set(entry.dumpId, reason)
  }
  const transforms = new Set(
    entries.filter(({ text }) => text.startsWith('TRANSFORM ')).map(({ dumpId }) => dumpId),
  )
  const isCause = (dumpId: number, { text }: ListEntry) =>
    reasons.has(dumpId) && !(transforms.has(dumpId) && routine.test(text))
  const isLost = (entry: ListEntry) =>
    !reasons.has(entry.dumpId) &&
    followers.test(entry.text) &&
    entry.dependsOn.some((dumpId) => isCause(dumpId, entry))
  for (let lost = entries.filter(isLost); lost.length > 0; lost = entries.filter(isLost)) {
    for (const entry of lost) {
      const cause = entries.find(
        ({ dumpId }) => entry.dependsOn.includes(dumpId) && isCause(dumpId, entry),
      )
      reasons.set(entry.dumpId, `it belongs to ${cause?.text ?? 'an entry'}, which is left out`)
    }
  }
  const kept = entries.filter(({ dumpId }) => !reasons.has(dumpId))
  return {
    list: printRestoreList(kept),
    dropped: entries.flatMap((entry) => {
      const reason = reasons.get(entry.dumpId)
      return reason === undefined ? [] : [{ entry, reason }]
    }),
  }
}
