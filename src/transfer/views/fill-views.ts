/**
 * Fills materialized views once everything else is there, so that each is filled with the rights of its owner, and under the
 * settings of the source's database: those of a restore fit the rows that it writes.
 */
import { doing, UpgradeError } from '../../errors.js'
import { explainFailure, hintOf } from '../../explain/index.js'
import {
  endBackend,
  quoteIdentifier,
  repeatedWhenLost,
  type Session,
  type Snapshot,
} from '../../server/index.js'
import type { NamedValue } from '../../telling/settings.js'
import type { Scheduler, Slot } from '../copy/scheduler.js'
import { withEventTriggersOff } from '../event-triggers-off.js'
import {
  applyFillSettings,
  hiddenSettings,
  readFillSettings,
  refusedSettings,
} from './fill-settings.js'
import { runInOrder, type Piece } from './ordered-work.js'
import { repeated, type RepeatOptions } from '../repeated.js'
import type { ListEntry } from '../tools/restore-list.js'
import { unhurried } from '../tools/restore-settings.js'
import type { TransferOptions } from '../transfer.js'

/** So many views that could not be filled are named. */
const shown = 10

/**
 * Where the administrator is no superuser, a view belongs to it before it is given away, who counts as the owner of every table that it has
 * borrowed: policies would not apply, and the view would show to others what they hide.
 */
export function fillsView({ text }: ListEntry): boolean {
  return text.startsWith('MATERIALIZED VIEW DATA ')
}

/** Whether the source has any that it has filled itself. */
export function hasViewsToFill(snapshot: Snapshot): Promise<boolean> {
  return snapshot.withSession(async (source) => {
    const [row] = await source.queryOne<{ found: boolean }>(
      `select exists (select from pg_catalog.pg_class c
                       where c.relkind = 'm' and c.relispopulated and c.oid >= 16384) as found`,
    )
    return row?.found === true
  })
}

export interface FillOptions
  extends RepeatOptions, Pick<TransferOptions, 'source' | 'target' | 'stagingDatabase' | 'onStep'> {
  /** A session on the source's database that sees the snapshot. */
  readonly reader: Session
  /** So many sessions as it has slots; the caller holds none of them. */
  readonly scheduler: Scheduler
}

interface View extends Piece {
  readonly name: string
  /** With whose rights it is filled. */
  readonly owner: string
}

/**
 * Each as soon as those that it reads are filled. The archive knows nothing of what is read inside a function: a view that
 * met another unfilled, or had no room beside it, is filled again when the others are there, alone.
 */
export async function fillViews(
  options: FillOptions,
  entries: readonly ListEntry[],
): Promise<void> {
  const { scheduler, source, database, stagingDatabase } = options
  const { settings, hidden } = await repeatedWhenLost(() => readFillSettings(source, database))
  const views = await presentViews(options, entries)
  if (views.length > 0 && hidden.length > 0) options.finding(hiddenSettings(database, hidden))
  const key = `views ${stagingDatabase}`
  const open = sessionsOf(options, settings, views)
  const givenUp = new AbortController()
  const signal = AbortSignal.any([options.signal, givenUp.signal])
  const fill = (view: View) =>
    scheduler.run({
      weight: Infinity,
      work: async (slot) => {
        givenUp.signal.throwIfAborted()
        const ended = options.onStep(`filling the materialized view ${view.name}`)
        try {
          const openSession = () => slot.session('target', key, open)
          return await fillView({ ...options, signal }, view, slot, openSession)
        } catch (error) {
          givenUp.signal.throwIfAborted()
          givenUp.abort(error)
          throw error
        } finally {
          ended()
        }
      },
    })
  try {
    const refusals = await withEventTriggersOff(options, () => fillAll(views, fill))
    const failures = refusals.flatMap((error, index) => {
      const view = views[index]
      return error === undefined || view === undefined ? [] : [{ error, view }]
    })
    if (failures.length > 0) throw restoreError(failures)
  } finally {
    await scheduler.forget([key])
  }
}

async function fillAll(
  views: readonly View[],
  fill: (view: View) => Promise<UpgradeError | undefined>,
): Promise<(UpgradeError | undefined)[]> {
  const refusals = await runInOrder(views, fill)
  for (const [index, view] of views.entries()) {
    if (mayBeOfOthers(refusals[index])) refusals[index] = await fill(view)
  }
  return refusals
}

/** In the archive's order. Arguments for pg_restore may have left some out. */
async function presentViews(
  { reader, target, stagingDatabase, scheduler }: FillOptions,
  entries: readonly ListEntry[],
): Promise<View[]> {
  const named = await reader.query<{ name: string }>(
    `select i.identity as name
       from pg_catalog.unnest($1::pg_catalog.oid[]) with ordinality e (oid, position)
      cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, e.oid, 0) i
      order by e.position`,
    [entries.map(({ oid }) => oid)],
  )
  const find = (session: Session) =>
    session.query<{ index: number; name: string; owner: string }>(
      // By the target's own quoting: a newer major reserves more words.
      `select v.position::pg_catalog.int4 - 1 as index, pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
              pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)) as owner
         from pg_catalog.unnest($1::pg_catalog.text[]) with ordinality v (name, position)
         join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(v.name)
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        order by v.position`,
      [named.map(({ name }) => name)],
    )
  const present = await scheduler.lend(1, () =>
    repeatedWhenLost(() => target.withSession(stagingDatabase, find)),
  )
  return present.flatMap(({ index, name, owner }) => {
    const entry = entries[index]
    return entry === undefined ? [] : [{ ...entry, name, owner }]
  })
}

/** Opens sessions that fill views as one of the source would; what the target refuses of that is told once. */
function sessionsOf(
  { database, target, stagingDatabase, finding }: FillOptions,
  fillSettings: readonly NamedValue[],
  views: readonly View[],
): () => Promise<Session> {
  const settings = {
    ...unhurried,
    // Off, a policy that applies would be an error.
    row_security: 'on',
  }
  let isTold = false
  return async () => {
    const session = await target.connect(stagingDatabase, { settings })
    try {
      const refused = await applyFillSettings(session, fillSettings)
      if (refused.length > 0 && !isTold) {
        isTold = true
        const names = views.map(({ name }) => name)
        finding(refusedSettings(database, refused, names))
      }
    } catch (error) {
      session.destroy()
      throw error
    }
    return session
  }
}

/**
 * Returns what the server has refused, which hides nothing of the other views; anything else ends the work. A server that has
 * not noticed that a connection is lost goes on filling its view, and keeps it locked: that is ended before the view is filled again.
 */
async function fillView(
  options: FillOptions,
  { name }: View,
  slot: Slot,
  openSession: () => Promise<Session>,
): Promise<UpgradeError | undefined> {
  const what = `fill the materialized view ${name}`
  let lost: number | undefined
  const fill = async () => {
    try {
      const session = await openSession()
      if (lost !== undefined) await endBackend(session, lost, options.target.applicationName)
      lost = session.processId
      await session.query(`refresh materialized view ${name}`)
    } catch (error) {
      slot.drop()
      throw error
    }
  }
  try {
    await doing(`${what} on the target`, () => repeated(options, what, fill))
    return undefined
  } catch (error) {
    if (error instanceof UpgradeError && error.code === 'query-failed') return error
    throw error
  }
}

/** A deadlock, no room for locks, rows or files, or a view that was not filled yet. */
function mayBeOfOthers(refusal: UpgradeError | undefined): boolean {
  return /^(?:40|53|55)/.test(refusal?.sqlState ?? '')
}

interface Failure {
  readonly view: View
  readonly error: UpgradeError
}

/** As pg_restore fails: a restore that misses something has failed, and names all of it. */
function restoreError(failures: readonly Failure[]): UpgradeError {
  const messages = failures.map(({ error }) => error.message)
  const list = messages.slice(0, shown).map((message) => `- ${message}`)
  const more = messages.length - list.length
  return new UpgradeError(
    messages.length === 1
      ? messages.join('')
      : [
          `Could not fill ${messages.length} materialized views on the target:`,
          ...list,
          ...(more > 0 ? [`… and ${more} more`] : []),
        ].join('\n'),
    {
      code: 'restore-failed',
      side: 'target',
      hint: failures.map(hintFor).find((hint) => hint !== undefined),
      cause: failures[0]?.error,
    },
  )
}

/** What is denied to the owner, or to that of a view inside: the server does not say to whom, nor in which schema the object is. */
const denied =
  /: permission denied for (?:(?:table|view|materialized view|foreign table|sequence)|(function|aggregate)) (.+) \(SQLSTATE 42501\)/

function hintFor({ view: { name, owner }, error }: Failure): string | undefined {
  const [found, isCalled, object = ''] = denied.exec(error.message) ?? []
  if (found === undefined) {
    const known = explainFailure(error, 'target')
    return known === undefined ? undefined : hintOf(known)
  }
  const grant =
    isCalled === undefined
      ? `select on ${quoteIdentifier(object)}`
      : `execute on function ${quoteIdentifier(object)}`
  return hintOf({
    cause: `The materialized view ${name} is filled with the rights of its owner ${owner}, and views inside it with those of theirs: the owner lacks a privilege, or had it on the source by something that the run does not carry over.`,
    remedy: `-- on the source, in the schema of what is named\ngrant ${grant} to ${owner};`,
    heading: 'view-not-readable',
  })
}
