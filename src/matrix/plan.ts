/** Packs databases into as many jobs as are asked for, so that all take about as long. */
import type { PlannedJob } from '../report/report.js'
import type { DatabaseFacts } from '../server/index.js'

/** What creating, validating and publishing cost even where nothing is in a database, in bytes moved in that time. */
const fixedCostBytes = 50_000_000

/** The biggest database first, each to the job that has the least so far. Job 1 has the biggest one. */
export function packDatabases(databases: readonly DatabaseFacts[], jobs: number): PlannedJob[] {
  const costOf = ({ bytes }: DatabaseFacts) => (bytes ?? 0) + fixedCostBytes
  const packs = Array.from({ length: Math.min(jobs, databases.length) }, () => ({
    cost: 0,
    databases: [] as DatabaseFacts[],
  }))
  for (const database of databases.toSorted((a, b) => costOf(b) - costOf(a))) {
    const emptiest = packs.reduce((best, pack) => (pack.cost < best.cost ? pack : best))
    emptiest.cost += costOf(database)
    emptiest.databases.push(database)
  }
  return packs.map((pack, index) => ({
    job: index + 1,
    databases: pack.databases.map(({ name }) => name),
    bytes: pack.databases.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
  }))
}
