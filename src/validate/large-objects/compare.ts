/** Compares large objects, range by range: first by a digest of each range, then one by one where those differ. */
import { createHash } from 'node:crypto'
import type { Difference } from '../../report/report.js'
import { readLargeObjectRanges, type OidRange, type Session } from '../../server/index.js'
import {
  allDifferences,
  compareKind,
  readKind,
  versionsOf,
  type KindResult,
} from '../inventory/compare.js'
import { readNaming } from '../inventory/naming.js'
import {
  majorsOf,
  onBothSides,
  withReader,
  workOff,
  type Both,
  type DatabaseSide,
} from '../sides.js'
import { compareContents, readContents } from './content.js'
import { kindsIn } from './kinds.js'

const objectsPerRange = 1000

/** Reads what is compared of the large objects of a range, in a fixed order. */
type RangeReader = (
  session: Session,
  side: DatabaseSide,
  range: OidRange,
) => Promise<readonly unknown[]>

/** What only one side has, owners and privileges. `jobs` sessions work on each side. */
export async function compareLargeObjects(
  sides: Both<DatabaseSide>,
  jobs: number,
): Promise<Difference[]> {
  const differing = await differingRanges(sides, jobs, async (session, side, range) => {
    const rows: unknown[] = []
    for (const kind of kindsIn(range)) {
      rows.push(...(await readKind(session, kind, versionsOf(sides, side))).values())
    }
    return rows
  })
  if (differing.length === 0) return []
  const naming = await readNaming(sides)
  const found: KindResult[] = []
  for (const kind of differing.flatMap(kindsIn)) {
    const { source, target } = await onBothSides(sides, (side) =>
      withReader(side, (session) => readKind(session, kind, versionsOf(sides, side))),
    )
    found.push(compareKind(kind, source, target, naming))
  }
  return allDifferences(sides.target, found, naming, jobs)
}

/**
 * The content of those that both sides have. Apart from owners and privileges, because it may have to be read with a
 * privilege that is lent for that.
 */
export async function compareLargeObjectContents(
  sides: Both<DatabaseSide>,
  jobs: number,
): Promise<Difference[]> {
  const majors = majorsOf(sides)
  const differing = await differingRanges(sides, jobs, (session, _side, range) =>
    readContents(session, range, majors),
  )
  const found: Difference[] = []
  for (const range of differing) {
    const { source, target } = await onBothSides(sides, (side) =>
      withReader(side, (session) => readContents(session, range, majors)),
    )
    found.push(...compareContents(source, target))
  }
  return found
}

async function differingRanges(
  sides: Both<DatabaseSide>,
  jobs: number,
  read: RangeReader,
): Promise<OidRange[]> {
  const ranges = await withReader(sides.source, (session) =>
    readLargeObjectRanges(session, objectsPerRange),
  )
  const stop = new AbortController()
  const { source, target } = await onBothSides(sides, async (side) => {
    const digests = new Map<OidRange, string>()
    const work = async (session: Session, range: OidRange): Promise<void> => {
      const rows = JSON.stringify(await read(session, side, range))
      digests.set(range, createHash('sha256').update(rows).digest('hex'))
    }
    await workOff(side, { jobs, tasks: ranges, work, stop })
    return digests
  })
  return ranges.filter((range) => source.get(range) !== target.get(range))
}
