/** Builds the indexes and constraints of a table side by side, then does what locks the table. */
import { QueryError } from '../../../errors.js'
import { quoteLiteral, type Session } from '../../../server/index.js'
import { buildMemory } from './build-memory.js'
import { keepSlots, parallelWorkers } from './build-workers.js'
import type { IndexFacts } from './source-indexes.js'
import { timed, type CopyContext } from '../context.js'
import type { Build } from '../plan.js'
import { partsOfBuild, type IndexStatements } from './statements.js'
import { inKilobytes } from '../target-settings.js'
import { inTransaction } from '../transaction.js'

/** A build with what it is expected to take, in the scheduler's unit. */
export interface WeighedBuild extends Build {
  /** Undefined where the source has no such index. */
  readonly index: IndexFacts | undefined
  readonly weight: number
}

interface DividedBuild extends WeighedBuild {
  readonly parts: IndexStatements
}

/**
 * Builds everything of one table; returns whether all of it succeeded. `isSmall` tables take all statements in one
 * transaction, since starting a build costs more there than the build.
 */
export async function buildTable(
  context: CopyContext,
  builds: readonly WeighedBuild[],
  isSmall: boolean,
): Promise<boolean> {
  if (builds.length === 0) return true
  if (isSmall) return buildAtOnce(context, builds)
  // Of small tables nobody needs the parts, and together they take more memory than all else that is planned.
  const divided = builds.map((build) => ({ ...build, parts: partsOfBuild(build) }))
  const succeeded = await Promise.all(
    divided.map(async (build) => build.parts.build === '' || (await buildOne(context, build))),
  )
  const ready = divided.filter((_, index) => succeeded[index] === true)
  const finished = await finish(context, ready)
  return finished && ready.length === builds.length
}

/** One after the other, each in a transaction of its own so that one that fails does not hide the others. */
async function buildAtOnce(
  context: CopyContext,
  builds: readonly WeighedBuild[],
): Promise<boolean> {
  return context.scheduler.run({
    weight: builds.reduce((sum, build) => sum + build.weight, 0),
    work: async (slot) => {
      let succeeded = true
      for (const build of builds) {
        const done = await context.failures.attempt(describe(build), () =>
          timed(context, { slot, kind: 'index', object: build.tag }, () =>
            inTransaction(context, slot, {
              what: describe(build),
              opening: defaultTablespace(build),
              work: (target) => run(target, build.statements),
            }),
          ),
        )
        succeeded &&= done
        context.workload.finish(build.weight)
      }
      return succeeded
    },
  })
}

function buildOne(context: CopyContext, build: DividedBuild): Promise<boolean> {
  const { scheduler, failures } = context
  return scheduler.run({
    weight: build.weight,
    work: async (slot) => {
      const workers = parallelWorkers(context, build)
      const kept = keepSlots(context, build.tag, workers)
      const building = () =>
        failures.attempt(describe(build), () =>
          timed(context, { slot, kind: 'index', object: build.tag }, () =>
            inTransaction(context, slot, {
              what: describe(build),
              opening: `${defaultTablespace(build)} ${buildSettings(context, build, workers)}`,
              work: (target) => {
                kept.follow(target.processId)
                return run(target, build.parts.build)
              },
            }),
          ),
        )
      return context.workload.build(build.weight, building).finally(() => kept.release())
    },
  })
}

/** Constraints onto their indexes, then CLUSTER ON, replica identity and the like: short, but each locks the table. */
async function finish(context: CopyContext, builds: readonly DividedBuild[]): Promise<boolean> {
  const waiting = builds.filter((build) => build.parts.finish.length > 0)
  if (waiting.length === 0) return true
  return context.scheduler.run({
    weight: Infinity,
    work: async (slot) => {
      let succeeded = true
      for (const build of waiting) {
        const finishing = () =>
          context.failures.attempt(describe(build), () =>
            timed(context, { slot, kind: 'constraint', object: build.tag }, () =>
              inTransaction(context, slot, {
                what: describe(build),
                opening: defaultTablespace(build),
                work: (target) => run(target, build.parts.finish.join(';\n')),
              }),
            ),
          )
        // An exclusion constraint is built here.
        const isBuilt = build.parts.build !== ''
        const done = await (isBuilt ? finishing() : context.workload.build(build.weight, finishing))
        succeeded &&= done
      }
      return succeeded
    },
  })
}

/** For people: `build index "orders_ref_idx" on the target`. */
function describe({ kind, tag }: Build): string {
  return `build ${kind.toLowerCase()} ${JSON.stringify(tag)} on the target`
}

/** All of a build as one text, for a transaction in which nothing else is built on the table. */
export function buildStatement(build: Build): string {
  return `${defaultTablespace(build)} ${build.statements.trim().replace(/;$/, '')}`
}

/** As pg_restore does it: the statement names no tablespace, and the archive's entry says which one. */
function defaultTablespace({ tablespace }: Build): string {
  return `set local default_tablespace = ${quoteLiteral(tablespace ?? '')};`
}

function buildSettings(context: CopyContext, build: WeighedBuild, workers: number): string {
  const memory = buildMemory(build.index, workers, context.staging.buildMemory)
  return `set local max_parallel_maintenance_workers = ${workers}; set local maintenance_work_mem = '${inKilobytes(memory)}';`
}

const collationHint =
  "If the index is unique: the source holds values that are equal under the target's collation; see docs/troubleshooting.md#duplicate-values."

async function run(target: Session, statement: string): Promise<void> {
  try {
    await target.query(statement)
  } catch (error) {
    if (!(error instanceof QueryError) || error.sqlState !== '23505') throw error
    throw new QueryError(error.message, {
      code: error.code,
      side: error.side,
      sqlState: error.sqlState,
      hint: collationHint,
      cause: error,
    })
  }
}
