/** Partitions whose DETACH … CONCURRENTLY was interrupted: no dump says that they are half detached. */
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'

interface PendingDetach {
  readonly partition: string
  readonly parent: string
}

export const detachPending: DatabaseCheck = {
  name: 'detach-pending',
  scope: 'database',
  subject: 'partitions that are half detached',
  worst: 'blocking',
  async run({ source, sourceSession }) {
    // 14 brought DETACH … CONCURRENTLY.
    if (source.facts.major < 14) return []
    const partitions = await sourceSession.query<PendingDetach>(
      `select ${identity('pg_class', 'c.oid')} as partition, ${identity('pg_class', 'i.inhparent')} as parent
         from pg_catalog.pg_class c
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         join pg_catalog.pg_inherits i on i.inhrelid = c.oid
        where i.inhdetachpending and ${isUsersRelation('c', 'n')}
        order by 1`,
    )
    return partitions.map(({ partition, parent }) => ({
      severity: 'blocking',
      object: partition,
      message: `The partition ${partition} of ${parent} is half detached, as an interrupted DETACH PARTITION … CONCURRENTLY leaves it: queries of ${parent} do not see its rows. A dump attaches it again, so that they would be back on the target.`,
      remedy: `-- on the source; it can be attached again afterwards\nalter table ${parent} detach partition ${partition} finalize;`,
    }))
  },
}
