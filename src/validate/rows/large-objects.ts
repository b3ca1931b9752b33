/** Compares the content of large objects, on the server, piece by piece. */
import { createHash } from 'node:crypto'
import { doing } from '../../errors.js'
import type { Difference } from '../../report/report.js'
import type { Session } from '../../server/index.js'
import { withReader, onBothSides, type Both, type DatabaseSide, type Majors } from '../sides.js'

const objectsPerBatch = 1000
/** 4 MB: lo_get() makes one value of what it reads. */
const pieceBytes = 4_194_304

interface Range {
  readonly from: string
  readonly to: string
}

interface Content {
  readonly oid: string
  readonly bytes: string
  readonly hash: string
}

/**
 * Compares size and content of every large object that both sides have, a thousand at a time. One that only one
 * side has is a difference of the inventory.
 */
export async function compareLargeObjects(sides: Both<DatabaseSide>): Promise<Difference[]> {
  const majors = {
    source: sides.source.server.facts.major,
    target: sides.target.server.facts.major,
  }
  const ranges = await withReader(sides.source, readRanges)
  if (ranges.length === 0) return []
  const contents = await onBothSides(sides, (side) =>
    withReader(side, async (session) => {
      const sums: string[] = []
      for (const range of ranges) sums.push(await sumOf(session, range, majors))
      return sums
    }),
  )
  const differing = ranges.filter((_, index) => contents.source[index] !== contents.target[index])
  const found: Difference[] = []
  for (const range of differing) found.push(...(await compareOneByOne(sides, range, majors)))
  return found
}

/** First and last identifier of each batch. */
async function readRanges(session: Session): Promise<Range[]> {
  return session.query<Range>(
    `select pg_catalog.min(oid)::pg_catalog.text as from, pg_catalog.max(oid)::pg_catalog.text as to
       from (select l.oid::pg_catalog.int8 as oid,
                    (pg_catalog.row_number() over (order by l.oid) - 1) / ${objectsPerBatch} as batch
               from pg_catalog.pg_largeobject_metadata l) as numbered
      group by batch order by batch`,
  )
}

/**
 * One row for each large object: its size, and the sum of its pieces' hashes. The hash function is the one for
 * rows: 32 bits twice for a pair with 10, otherwise 64 bits with the offset as the seed.
 */
function contentQuery({ from, to }: Range, majors: Majors): string {
  const piece = `pg_catalog.lo_get(o.oid, p.start, ${pieceBytes})`
  const hash =
    Math.min(majors.source, majors.target) >= 11
      ? `pg_catalog.hash_array_extended(array[${piece}], p.start)`
      : `(pg_catalog.hash_array(array[pg_catalog.int8send(p.start), ${piece}])::pg_catalog.int8 << 32)
         # (pg_catalog.hash_array(array[${piece} || pg_catalog.int8send(p.start)])::pg_catalog.int8 & 4294967295)`
  return `select o.oid::pg_catalog.text as oid, o.bytes::pg_catalog.text as bytes,
                 (select coalesce(pg_catalog.sum(${hash}), 0)::pg_catalog.text
                    from pg_catalog.generate_series(0::pg_catalog.int8, o.bytes, ${pieceBytes}) as p (start)) as hash
            from (select l.oid, pg_catalog.lo_lseek64(pg_catalog.lo_open(l.oid, 262144), 0, 2) as bytes
                    from pg_catalog.pg_largeobject_metadata l
                   where l.oid::pg_catalog.int8 between ${from} and ${to} offset 0) as o`
}

async function sumOf(session: Session, range: Range, majors: Majors): Promise<string> {
  const contents = await readContents(session, range, majors)
  const digest = createHash('sha256')
  for (const { oid, bytes, hash } of contents) digest.update(`${oid}:${bytes}:${hash} `)
  return digest.digest('hex')
}

async function readContents(session: Session, range: Range, majors: Majors): Promise<Content[]> {
  const what = `read the large objects ${range.from} to ${range.to} on the ${session.side}`
  return doing(what, () => session.query<Content>(`${contentQuery(range, majors)} order by o.oid`))
}

async function compareOneByOne(
  sides: Both<DatabaseSide>,
  range: Range,
  majors: Majors,
): Promise<Difference[]> {
  const contents = await onBothSides(sides, (side) =>
    withReader(side, (session) => readContents(session, range, majors)),
  )
  const after = new Map(contents.target.map((content) => [content.oid, content]))
  return contents.source.flatMap((before): Difference[] => {
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
