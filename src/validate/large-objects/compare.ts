/** Compares large objects, range by range: first by a digest of each range, then one by one where those differ. */
import { createHash, type Hash } from 'node:crypto'
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
  /** `counts` leaves the content out. */
  readonly level: 'counts' | 'checksums'
  /** Sessions on each side. */
  readonly jobs: number
}

/** What only one side has, other owners and privileges, and other contents. */
export async function compareLargeObjects(
  comparison: LargeObjectComparison,
): Promise<Difference[]> {
  const { sides, jobs } = comparison
  const ranges = await withReader(sides.source, (session) =>
    readLargeObjectRanges(session, objectsPerRange),
  )
  const stop = new AbortController()
  const digests = await onBothSides(sides, async (side) => {
    const read = new Map<OidRange, string>()
    const work = async (session: Session, range: OidRange): Promise<void> => {
      read.set(range, await digestOf(comparison, session, side, range))
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
  for (const range of differing) found.push(...(await compareRange(comparison, range, naming)))
  return found
}

async function digestOf(
  { sides, level }: LargeObjectComparison,
  session: Session,
  side: DatabaseSide,
  range: OidRange,
): Promise<string> {
  const digest = createHash('sha256')
  for (const kind of kindsIn(range)) {
    for (const row of (await readKind(session, kind, versionsOf(sides, side))).values()) {
      add(digest, [row.object, row.facts])
    }
  }
  if (level === 'checksums') {
    for (const content of await readContents(session, range, majorsOf(sides))) {
      add(digest, [content.oid, content.bytes, content.hash])
    }
  }
  return digest.digest('hex')
}

function add(digest: Hash, values: readonly unknown[]): void {
  digest.update(`${JSON.stringify(values)}\n`)
}

async function compareRange(
  { sides, level, jobs }: LargeObjectComparison,
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
  const differences = await allDifferences(sides.target, found, naming, jobs)
  if (level === 'counts') return differences
  const { source, target } = await onBothSides(sides, (side) =>
    withReader(side, (session) => readContents(session, range, majorsOf(sides))),
  )
  return [...differences, ...compareContents(source, target)]
}

function majorsOf({ source, target }: Both<DatabaseSide>) {
  return { source: source.server.facts.major, target: target.server.facts.major }
}

function versionsOf(sides: Both<DatabaseSide>, { server: { facts } }: DatabaseSide) {
  return { ...majorsOf(sides), major: facts.major, isSuperuser: facts.isSuperuser }
}
