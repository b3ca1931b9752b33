/** Fills materialized views once owners and privileges are given, so that each is filled with the rights of its owner. */
import { doing } from '../../errors.js'
import type { Session } from '../../server/index.js'
import type { ListEntry } from '../restore-list.js'
import { restoreSettings } from '../restore-settings.js'
import type { TransferOptions } from '../transfer.js'

/**
 * Before it is given away, a view belongs to the administrator, who counts as the owner of every table that it has
 * borrowed: policies would not apply, and the view would show to others what they hide.
 */
export function fillsView({ text }: ListEntry): boolean {
  return text.startsWith('MATERIALIZED VIEW DATA ')
}

export interface FillOptions extends Pick<
  TransferOptions,
  'target' | 'stagingDatabase' | 'onActivity'
> {
  /** A session on the source's database that sees the snapshot. */
  readonly reader: Session
}

/** In the archive's order, in which a view comes after those that it reads. */
export async function fillViews(
  { reader, target, stagingDatabase, onActivity }: FillOptions,
  entries: readonly ListEntry[],
): Promise<void> {
  const views = await reader.query<{ view: string }>(
    `select i.identity as view
       from pg_catalog.unnest($1::pg_catalog.oid[]) with ordinality e (oid, position)
      cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, e.oid, 0) i
      order by e.position`,
    [entries.map(({ oid }) => oid)],
  )
  await target.withSession(
    stagingDatabase,
    async (session) => {
      // Arguments for pg_restore may have left some out.
      const present = await session.query<{ view: string }>(
        `select v.view from pg_catalog.unnest($1::pg_catalog.text[]) with ordinality v (view, position)
          where pg_catalog.to_regclass(v.view) is not null order by v.position`,
        [views.map(({ view }) => view)],
      )
      for (const { view } of present) {
        onActivity(`filling the materialized view ${view}`)
        await doing(`fill the materialized view ${view} on the target`, () =>
          session.query(`refresh materialized view ${view}`),
        )
      }
    },
    // Off, a policy that applies would be an error.
    { settings: { ...restoreSettings, row_security: 'on' } },
  )
}
