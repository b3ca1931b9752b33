/** Copies all rows and builds all indexes; what need not wait for something else begins at once, and the scheduler puts it in order. */
import { inBatches } from '../../server/index.js'
import { isGiven } from './arguments.js'
import { buildTable, type WeighedBuild } from './indexes/build.js'
import type { CopyContext } from './context.js'
import { copyLargeObjects } from './large-objects.js'
import type { Plan } from './plan.js'
import { inRounds } from './rows/rounds.js'
import { copySequences } from './sequences.js'
import type { SourceFacts } from './source-facts.js'
import { moveBatch, type TableWork } from './rows/small-tables.js'
import { copyPart, mayHaveRows, nameOf, type TablePlan } from './rows/table.js'
import { copyWeight } from './weights.js'

/** All that is to be done for the rows of one database. */
export interface Work extends Omit<SourceFacts, 'rows' | 'indexes'> {
  readonly plan: Plan
  readonly tables: readonly TablePlan[]
  /** By the OID of their table. */
  readonly builds: ReadonlyMap<number, readonly WeighedBuild[]>
  readonly givesOwnersLater: boolean
}

/** A failure is kept, and the rest goes on. */
export async function copyAndBuild(context: CopyContext, work: Work): Promise<void> {
  const isLate = ({ oid }: WeighedBuild) => work.lateBuilds.has(oid)
  const buildsOf = ({ table }: TablePlan, late: boolean) =>
    (work.builds.get(table.oid) ?? []).filter((build) => isLate(build) === late)
  const rounds = inRounds(work.tables, work.references, work.computing).map((plans) =>
    plans.map((plan) => ({ plan, builds: buildsOf(plan, false) })),
  )
  const late = work.tables
    .map((plan) => ({ plan, builds: buildsOf(plan, true) }))
    .filter(({ builds }) => builds.length > 0)
  context.workload.add(sumOf(rounds.flat().map(weightOf)))
  context.workload.add(sumOf(late.flatMap(({ builds }) => builds).map(({ weight }) => weight)))
  const building: Promise<boolean>[] = []
  let giveUp: (error: unknown) => void = () => undefined
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = reject
  })
  const build: Build = (table) => {
    const built = buildTable(context, table.builds, table.plan.table.bytes < smallTableBytes)
    // What is not kept as a failure, as when the run is cancelled, ends the copying of rows as well.
    built.catch(giveUp)
    building.push(built)
  }
  const inTurn = async () => {
    for (const round of rounds) await moveTables(context, round, build)
    late.forEach(build)
  }
  await Promise.race([Promise.all([inTurn(), copySequencesAndObjects(context, work)]), givenUp])
  await Promise.all(building)
}

/** Begins to build what is built on a table, without waiting for it. */
type Build = (table: TableWork) => void

/** Returns when the rows are in. */
async function moveTables(
  context: CopyContext,
  tables: readonly TableWork[],
  build: Build,
): Promise<void> {
  const { big, small } = inBatches(tables, ({ plan }) => plan.table.bytes)
  await Promise.all([
    ...big.map((table) => moveTable(context, table, build)),
    ...small.map((batch) => moveSmallTables(context, batch, build)),
  ])
}

function weightOf({ plan, builds }: TableWork): number {
  return copyWeight(plan.table.bytes) + sumOf(builds.map((build) => build.weight))
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

async function moveTable(context: CopyContext, table: TableWork, build: Build): Promise<void> {
  const weightOfBuilds = sumOf(table.builds.map((build) => build.weight))
  const isCopied = await copyTable(context, table.plan, weightOfBuilds)
  if (isCopied) build(table)
  else context.workload.finish(weightOfBuilds)
}

async function moveSmallTables(
  context: CopyContext,
  batch: readonly TableWork[],
  build: Build,
): Promise<void> {
  const weight = sumOf(batch.map(weightOf))
  const isMoved = await context.scheduler.run({
    weight,
    work: (slot) => moveBatch(context, slot, batch),
  })
  if (isMoved) context.workload.finish(weight)
  else await Promise.all(batch.map((table) => moveTable(context, table, build)))
}

/** Below this, the indexes of a table are built by one session, one after the other. */
const smallTableBytes = 4 * 1024 * 1024

/** All parts of one table; whatever waits for it, its indexes above all, adds to its weight. */
async function copyTable(
  context: CopyContext,
  plan: TablePlan,
  weightOfBuilds: number,
): Promise<boolean> {
  const weightOfRows = copyWeight(plan.table.bytes)
  if (!mayHaveRows(plan.table)) {
    context.workload.finish(weightOfRows)
    return true
  }
  let hasFailed = false
  const copied = await Promise.all(
    plan.parts.map((range) =>
      context.scheduler.run({
        // However small the part is: all of them come before what takes less than the table.
        weight: weightOfRows + weightOfBuilds,
        work: async (slot) => {
          const done =
            !hasFailed &&
            (await context.failures.attempt(`copy table ${nameOf(plan.table)}`, () =>
              copyPart(context, slot, plan, range).then(() => undefined),
            ))
          context.workload.finish(weightOfRows / plan.parts.length)
          hasFailed ||= !done
          return done
        },
      }),
    ),
  )
  return copied.every(Boolean)
}

async function copySequencesAndObjects(context: CopyContext, work: Work): Promise<void> {
  const { scheduler, failures, options } = context
  const { sequences } = work.plan
  const parts = {
    owners: !work.givesOwnersLater && !isGiven(options, '-O', '--no-owner'),
    privileges: !work.givesOwnersLater && !isGiven(options, '-x', '--no-privileges', '--no-acl'),
    comments: !isGiven(options, '--no-comments'),
  }
  await Promise.all([
    scheduler.run({
      weight: sequences.length,
      work: (slot) =>
        failures.attempt('set the sequences on the target', () =>
          copySequences(context, slot, sequences),
        ),
    }),
    ...work.largeObjects.map((range) =>
      scheduler.run({
        weight: range.weight,
        work: (slot) =>
          failures.attempt(`copy the large objects from ${range.from} to ${range.to}`, () =>
            copyLargeObjects(context, slot, range, parts),
          ),
      }),
    ),
  ])
}
