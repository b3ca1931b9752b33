/** Fits the restore of one archive to what the target's administrator may do, and leaves materialized views for the end. */
import { writeFile } from 'node:fs/promises'
import type { Finding } from '../../report/report.js'
import type { Scheduler } from '../copy/scheduler.js'
import { fillsView, fillViews, hasViewsToFill } from '../views/fill-views.js'
import { expectsDifference } from './left-out.js'
import { readRefusals } from './refusals.js'
import { applyOwnership } from './ownership.js'
import {
  filterRestoreList,
  printRestoreList,
  readRestoreList,
  type DroppedEntry,
  type ListEntry,
} from '../tools/restore-list.js'
import { withPositionsKept } from '../views/kept-positions.js'
import { asksForRows } from '../views/rows-asked.js'
import type { TransferOptions, TransferResult } from '../transfer.js'

export interface FittedRestore {
  /** More arguments for pg_restore. */
  readonly arguments: readonly string[]
  /** For `--use-list`; absent where everything is restored. */
  readonly listFile?: string
  /** Dump IDs of the entries that are left out, or left for the end. */
  readonly droppedIds: ReadonlySet<number>
  /** What has to be done once everything is restored, by sessions in the scheduler's slots; returns what the validation has to expect. */
  readonly finish: (scheduler: Scheduler) => Promise<Pick<TransferResult, 'expected'>>
}

/** Whether nothing is left out of the restore. */
export async function isRestoredWhole({ target, snapshot }: TransferOptions): Promise<boolean> {
  return target.facts.isSuperuser && !(await hasViewsToFill(snapshot))
}

/** Of an archive of which nothing is left out. */
export const wholeRestore: FittedRestore = {
  arguments: [],
  droppedIds: new Set(),
  finish: () => Promise.resolve({}),
}

/**
 * Materialized views are filled when everything else is there. Apart from them, a superuser restores an archive as it is.
 * For anybody else, what the target would refuse is taken out of the list beforehand and becomes a finding; owners and
 * privileges are given afterwards. `readList` returns what `pg_restore --list --verbose` prints of the archive; it is called
 * only where something is left out.
 */
export async function fitRestore(
  options: TransferOptions,
  readList: () => Promise<string>,
): Promise<FittedRestore> {
  return (await isRestoredWhole(options)) ? wholeRestore : fitRestoreInPart(options, readList)
}

/** The same where it is known that something is left out. */
export async function fitRestoreInPart(
  options: TransferOptions,
  readList: () => Promise<string>,
): Promise<FittedRestore> {
  const { isSuperuser } = options.target.facts
  const entries = readRestoreList(await readList())
  const fills = entries.filter(fillsView)
  const others = entries.filter((entry) => !fillsView(entry))
  const { list, dropped } = isSuperuser
    ? { list: printRestoreList(others), dropped: [] }
    : await filter(options, others)
  for (const each of dropped.filter(isWorthTelling))
    options.finding(finding(each, options.database))
  const listFile = `${options.dumpDirectory}/restore.list`
  await writeFile(listFile, list, { mode: 0o600 })
  return {
    arguments: isSuperuser ? [] : ['--no-owner', '--no-privileges'],
    listFile,
    droppedIds: new Set(
      [...dropped.map(({ entry }) => entry), ...fills].map((each) => each.dumpId),
    ),
    finish: (scheduler) => finish(options, scheduler, dropped, fills),
  }
}

async function filter(options: TransferOptions, entries: readonly ListEntry[]) {
  const refuse = await options.snapshot.withSession((source) =>
    options.target.withSession(options.stagingDatabase, (target) =>
      readRefusals(source, target, options.target, entries),
    ),
  )
  return filterRestoreList(entries, (entry) =>
    isExtensionComment(entry) ? 'it is said after the restore' : refuse(entry),
  )
}

async function finish(
  options: TransferOptions,
  scheduler: Scheduler,
  dropped: readonly DroppedEntry[],
  fills: readonly ListEntry[],
): Promise<Pick<TransferResult, 'expected'>> {
  return options.snapshot.withSession(async (reader) => {
    const leftOut = options.target.facts.isSuperuser
      ? undefined
      : await options.phase('ownership', 'target', () =>
          scheduler.lend(1, () => applyOwnership({ ...options, reader, dropped })),
        )
    if (fills.length > 0 && asksForRows(options)) {
      await options.phase('fill materialized views', 'target', () =>
        withPositionsKept({ ...options, scheduler }, () =>
          fillViews({ ...options, reader, scheduler }, fills),
        ),
      )
    }
    return leftOut === undefined ? {} : { expected: expectsDifference(leftOut) }
  })
}

/** Most extensions bring their comment themselves, and whoever may create one need not own it. */
function isExtensionComment({ catalog, text }: ListEntry): boolean {
  return catalog === '0' && text.startsWith('COMMENT - EXTENSION ')
}

/** Comments go with their object without a word. */
function isWorthTelling({ entry }: DroppedEntry): boolean {
  return !/^(?:COMMENT|ACL) /.test(entry.text)
}

function finding({ entry, reason }: DroppedEntry, database: string): Finding {
  return {
    check: 'restore-refused',
    severity: 'warning',
    database,
    object: entry.text,
    message: `${entry.text} is left out, because the target's administrator could not create it: ${reason}.`,
    remedy: `Create it on the target as a superuser, or with the provider's own means: \`pg_dump --schema-only\` of the source shows its statement.`,
  }
}
