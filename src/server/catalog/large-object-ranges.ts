/** Ranges of large objects: there may be millions, and no side shall hold more than those of one range in memory. */
import type { Session } from '../session/session.js'

const lastOid = 4_294_967_295

/** OIDs, both ends included. */
export interface OidRange {
  readonly from: number
  readonly to: number
}

/** Ranges that cover all OIDs, with so many large objects of the session's database in each; the last one may have fewer. */
export async function readLargeObjectRanges(
  session: Session,
  objectsPerRange: number,
): Promise<OidRange[]> {
  const rows = await session.query<{ oid: string }>(
    `select numbered.oid::pg_catalog.text as oid
       from (select l.oid, pg_catalog.row_number() over (order by l.oid) as number
               from pg_catalog.pg_largeobject_metadata l) as numbered
      where number > 1 and number % ${objectsPerRange} = 1
      order by numbered.oid`,
  )
  const starts = [0, ...rows.map(({ oid }) => Number(oid))]
  return starts.map((from, index) => ({ from, to: (starts[index + 1] ?? lastOid + 1) - 1 }))
}

/** True for the rows `l` of pg_largeobject_metadata that are in the range. */
export function isInRange({ from, to }: OidRange): string {
  return `l.oid between '${from}'::pg_catalog.oid and '${to}'::pg_catalog.oid`
}
