/** Hashes the content of large objects on the server, piece by piece. */
import { doing } from '../../errors.js'
import type { Difference } from '../../report/report.js'
import { isInRange, type OidRange, type Session } from '../../server/index.js'
import type { Majors } from '../sides.js'

/** 4 MB: lo_get() makes one value of what it reads. */
const pieceBytes = 4_194_304

export interface Content {
  readonly oid: string
  readonly bytes: string
  readonly hash: string
}

/**
 * One row for each large object: its size, and the sum of its pieces' hashes. The hash function is the one for
 * rows: 32 bits twice for a pair with 10, otherwise 64 bits with the offset as the seed. What is opened is closed at
 * once: in a transaction that has many open, the server looks through all of them for the next.
 */
function contentQuery(range: OidRange, majors: Majors): string {
  const piece = `pg_catalog.lo_get(o.oid, p.start, ${pieceBytes})`
  const hash =
    Math.min(majors.source, majors.target) >= 11
      ? `pg_catalog.hash_array_extended(array[${piece}], p.start)`
      : `(pg_catalog.hash_array(array[pg_catalog.int8send(p.start), ${piece}])::pg_catalog.int8 << 32)
         # (pg_catalog.hash_array(array[${piece} || pg_catalog.int8send(p.start)])::pg_catalog.int8 & 4294967295)`
  return `select o.oid::pg_catalog.text as oid, o.bytes::pg_catalog.text as bytes,
                 (select coalesce(pg_catalog.sum(${hash}), 0)::pg_catalog.text
                    from pg_catalog.generate_series(0::pg_catalog.int8, o.bytes, ${pieceBytes}) as p (start)) as hash
            from (select s.oid, s.bytes, pg_catalog.lo_close(s.descriptor) as closed
                    from (select f.oid, f.descriptor, pg_catalog.lo_lseek64(f.descriptor, 0, 2) as bytes
                            from (select l.oid, pg_catalog.lo_open(l.oid, 262144) as descriptor
                                    from pg_catalog.pg_largeobject_metadata l
                                   where ${isInRange(range)} offset 0) as f offset 0) as s offset 0) as o
           where o.closed = 0`
}

/** In the order of the OIDs. */
export async function readContents(
  session: Session,
  range: OidRange,
  majors: Majors,
): Promise<Content[]> {
  const what = `read the large objects ${range.from} to ${range.to} on the ${session.side}`
  return doing(what, () => session.query<Content>(`${contentQuery(range, majors)} order by o.oid`))
}

/** Those that both sides have. */
export function compareContents(
  source: readonly Content[],
  target: readonly Content[],
): Difference[] {
  const after = new Map(target.map((content) => [content.oid, content]))
  return source.flatMap((before): Difference[] => {
    const there = after.get(before.oid)
    if (there === undefined || describe(there) === describe(before)) return []
    const object = before.oid
    return [
      { kind: 'large object content', object, source: describe(before), target: describe(there) },
    ]
  })
}

function describe({ bytes, hash }: Content): string {
  return `${bytes} bytes, checksum ${BigInt.asUintN(64, BigInt(hash)).toString(16).padStart(16, '0')}`
}
