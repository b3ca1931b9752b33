/** Several databases at the same time, which share one scheduler; each keeps its own story. */
import pLimit from 'p-limit'
import type { Inputs } from '../inputs/inputs.js'
import { throwIfCancelled } from '../errors.js'
import type { Run } from '../run.js'
import type { DatabaseFacts } from '../server/index.js'
import { reasonAgainstCopy } from '../transfer/index.js'
import type { Shared } from './database-run.js'
import { namedOfSeveral } from './named-of-several.js'
import { upgradeDatabase } from './upgrade-database.js'

/**
 * How many databases are moved at once: as many as there are jobs where all are moved with the method `copy`, since its
 * sessions are those of the scheduler; otherwise one after the other.
 */
export function databasesAtOnce(
  inputs: Pick<Inputs, 'method' | 'jobs' | 'pgDumpArguments' | 'pgRestoreArguments'>,
  clientMajor: number,
  databases: number,
): number {
  const { method, jobs } = inputs
  const copiesAll =
    method === 'copy' ||
    (method === 'auto' && reasonAgainstCopy({ ...inputs, clientMajor }) === null)
  return copiesAll ? Math.min(jobs.value, databases) : 1
}

/** Biggest first. Ends when all of them have ended; one that fails does not stop the others. */
export async function moveSideBySide(
  run: Run,
  shared: Shared,
  databases: readonly DatabaseFacts[],
  atOnce: number,
): Promise<void> {
  const limit = pLimit(atOnce)
  const moved = databases.map((database, index) =>
    limit(() => {
      throwIfCancelled(run.signal)
      const named = namedOfSeveral(run, database.name, databases.length)
      return upgradeDatabase(named, shared, database, index + 1)
    }),
  )
  const ended = await Promise.allSettled(moved)
  for (const result of ended) if (result.status === 'rejected') throw result.reason
}
