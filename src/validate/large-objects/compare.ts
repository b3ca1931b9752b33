/** Compares large objects, range by range: first by a digest of each range, then one by one where those differ. */
import { createHash } from 'node:crypto'
import type { Difference } from '../../report/report.js'
import { readLargeObjectRanges, type OidRange, type Session } from '../../server/index.js'
import { allDifferences, compareKind, readKind, type KindResult } from '../inventory/compare.js'
import { readNaming, type Naming } from '../inventory/naming.js'
import { onBothSides, withReader, workOff, type Both, type DatabaseSide } from '../sides.js'
import { compareContents, readContents } from './content.js'
import { kindsIn } from './kinds.js'

const objectsPerRange = 1000

export interface LargeObjectComparison {
  readonly sides: Both<DatabaseSide>
  /**
   * `objects`: that they exist, owners and privileges. Apart from the contents, because those may have to be read with
   * privileges that are lent for that.
   */
  readonly what: 'objects' | 'contents'
  /** Sessions on each side. */
  readonly jobs: number
}

/** The differences of one or the other. */
export async function compareLargeObjects(
  comparison: LargeObjectComparison,
): Promise<Difference[]> {
  const { sides, what, jobs } = comparison
  const ranges = await withReader(sides.source, (session) =>
    readLargeObjectRanges(session, objectsPerRange),
  )
  const stop = new AbortController()
  const digests = await onBothSides(sides, async (side) => {
    const read = new Map<OidRange, string>()
    const work = async (session: Session, range: OidRange): Promise<void> => {
      const rows =
        what === 'objects'
          ? await describeObjects(sides, session, side, range)
          : await readContents(session, range, majorsOf(sides))
      read.set(range, createHash('sha256').update(JSON.stringify(rows)).digest('hex'))
    }
    await workOff(side, { jobs, tasks: ranges, work, stop })
    return read
  })
  const differing = ranges.filter(
    (range) => digests.source.get(range) !== digests.target.get(range),
  )
  if (differing.length === 0) return []
  const naming = await readNaming(sides)
  const found: Difference[] = []
  for (const range of differing) {
    found.push(
      ...(what === 'objects'
        ? await compareObjects(comparison, range, naming)
        : await compareContentsIn(comparison, range)),
    )
  }
  return found
}

async function describeObjects(
  sides: Both<DatabaseSide>,
  session: Session,
  side: DatabaseSide,
  range: OidRange,
): Promise<unknown[]> {
  const rows: unknown[] = []
  for (const kind of kindsIn(range)) {
    rows.push(...(await readKind(session, kind, versionsOf(sides, side))).values())
  }
  return rows
}

async function compareObjects(
  { sides, jobs }: LargeObjectComparison,
  range: OidRange,
  naming: Naming,
): Promise<Difference[]> {
  const found: KindResult[] = []
  for (const kind of kindsIn(range)) {
    const { source, target } = await onBothSides(sides, (side) =>
      withReader(side, (session) => readKind(session, kind, versionsOf(sides, side))),
    )
    found.push(compareKind(kind, source, target, naming))
  }
  return allDifferences(sides.target, found, naming, jobs)
}

async function compareContentsIn(
  { sides }: LargeObjectComparison,
  range: OidRange,
): Promise<Difference[]> {
  const { source, target } = await onBothSides(sides, (side) =>
    withReader(side, (session) => readContents(session, range, majorsOf(sides))),
  )
  return compareContents(source, target)
}

function majorsOf({ source, target }: Both<DatabaseSide>) {
  return { source: source.server.facts.major, target: target.server.facts.major }
}

function versionsOf(sides: Both<DatabaseSide>, { server: { facts } }: DatabaseSide) {
  return { ...majorsOf(sides), major: facts.major, isSuperuser: facts.isSuperuser }
}
