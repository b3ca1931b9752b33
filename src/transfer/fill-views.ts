/**
 * Fills materialized views once everything else is there, so that each is filled with the rights of its owner, and under the
 * settings of the source's database: those of a restore fit the rows that it writes.
 */
import { doing, UpgradeError } from '../errors.js'
import { explainFailure, hintOf } from '../explain/index.js'
import { repeatedWhenLost, type Server, type Session, type Snapshot } from '../server/index.js'
import { applyFillSettings, readFillSettings, refusedSettings } from './fill-settings.js'
import type { ListEntry } from './restore-list.js'
import { restoreSettings } from './restore-settings.js'
import type { TransferOptions } from './transfer.js'

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

export interface FillOptions extends Pick<
  TransferOptions,
  'source' | 'database' | 'target' | 'stagingDatabase' | 'onActivity' | 'finding'
> {
  /** A session on the source's database that sees the snapshot. */
  readonly reader: Session
}

/** In the archive's order, in which a view comes after those that it reads. */
export async function fillViews(
  { reader, source, database, target, stagingDatabase, onActivity, finding }: FillOptions,
  entries: readonly ListEntry[],
): Promise<void> {
  const views = await reader.query<{ view: string }>(
    `select i.identity as view
       from pg_catalog.unnest($1::pg_catalog.oid[]) with ordinality e (oid, position)
      cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, e.oid, 0) i
      order by e.position`,
    [entries.map(({ oid }) => oid)],
  )
  const settings = await repeatedWhenLost(() => readFillSettings(source, database))
  await target.withSession(
    stagingDatabase,
    async (session) => {
      // Arguments for pg_restore may have left some out.
      const present = await session.query<{ view: string }>(
        `select v.view from pg_catalog.unnest($1::pg_catalog.text[]) with ordinality v (view, position)
          where pg_catalog.to_regclass(v.view) is not null order by v.position`,
        [views.map(({ view }) => view)],
      )
      if (present.length === 0) return
      const refused = await applyFillSettings(session, settings)
      if (refused.length > 0) {
        finding(
          refusedSettings(
            database,
            refused,
            present.map(({ view }) => view),
          ),
        )
      }
      const failures: UpgradeError[] = []
      for (const { view } of present) {
        onActivity(`filling the materialized view ${view}`)
        await doing(`fill the materialized view ${view} on the target`, () =>
          session.query(`refresh materialized view ${view}`),
        ).catch((error: unknown) => failures.push(refusal(error)))
      }
      if (failures.length > 0) throw restoreError(failures)
    },
    {
      settings: {
        ...restoreSettings,
        // Off, a policy that applies would be an error.
        row_security: 'on',
        ...quietEventTriggers(target),
      },
    },
  )
}

/** What the server has refused of one view hides nothing of the others; anything else ends the work. */
function refusal(error: unknown): UpgradeError {
  if (error instanceof UpgradeError && error.code === 'query-failed') return error
  throw error
}

/** As pg_restore fails: a restore that misses something has failed, and names all of it. */
function restoreError(failures: readonly UpgradeError[]): UpgradeError {
  const messages = failures.map(({ message }) => message)
  const list = messages.slice(0, shown).map((message) => `- ${message}`)
  const more = messages.length - list.length
  const known = failures
    .map((each) => explainFailure(each, 'target'))
    .find((each) => each !== undefined)
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
      hint: known === undefined ? undefined : hintOf(known),
      cause: failures[0],
    },
  )
}

/** The users' own are there by now, and a restore fills views before it makes them; from 17 on, no session of ours runs any. */
function quietEventTriggers({ facts }: Server): Record<string, string> {
  return facts.isSuperuser && facts.major < 17 ? { session_replication_role: 'replica' } : {}
}
