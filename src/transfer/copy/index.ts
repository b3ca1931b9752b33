/**
 * The method `copy`: definitions by pg_dump and pg_restore, rows streamed from server to server by several sessions
 * at once, and every table's indexes built as soon as its rows are in. Nothing is written to disk but definitions.
 */
import { UpgradeError } from '../../errors.js'
import { countOf, formatCount } from '../../report/format.js'
import type { IgnoredError } from '../../report/report.js'
import { readIndexesOfUserFunctions, readTablesOfUserFunctions } from '../../server/index.js'
import { fitChildColumns } from '../beyond-the-dump/child-columns.js'
import type { Transfer, TransferOptions, TransferResult } from '../transfer.js'
import { argumentAgainstCopy } from './arguments.js'
import { readIndexes } from './indexes/source-indexes.js'
import {
  createContext,
  sessionKeys,
  sourceSession,
  targetSession,
  throwFailures,
  type CopyContext,
} from './context.js'
import { buildForeignKeys } from './indexes/foreign-keys.js'
import { copyAndBuild, type Work } from './copy-and-build.js'
import { readLargeObjects } from './large-objects.js'
import { createdObjects, planRestore } from './plan.js'
import { readReferences } from './rows/rounds.js'
import { planRows } from './rows/rows.js'
import { withScheduler, type Scheduler } from './scheduler.js'
import { dumpSchema, type Schema } from './definitions/schema.js'
import { withWalWriter } from './wal-writer.js'
import { buildWeight } from './weights.js'
import { createWorkload } from './workload.js'

export { reasonAgainstCopy, type CopyRequest } from './arguments.js'
export { createScheduler, type Scheduler } from './scheduler.js'

/** Moves one database with sessions of its own. Every table and index that fails is named in the error. */
export const copyDatabase: Transfer = (options) =>
  withScheduler(options.jobs, options.signal, (scheduler) => copyDatabaseWith(options, scheduler))

/** The same with a scheduler that other databases share. */
export async function copyDatabaseWith(
  options: TransferOptions,
  scheduler: Scheduler,
): Promise<TransferResult> {
  const refused = argumentAgainstCopy(options.pgDumpArguments, options.pgRestoreArguments)
  if (refused !== null) {
    throw new UpgradeError(`The method "copy" cannot honour the argument ${refused}.`, {
      code: 'argument-not-for-copy',
      side: 'runner',
      hint: 'Leave the argument out, or choose another method (stream, parallel).',
    })
  }
  const schema = await options.phase('dump definitions', 'source', () =>
    scheduler.lend(1, () => dumpSchema(options)),
  )
  const workload = createWorkload()
  scheduler.workloads.add(workload)
  try {
    return await move(await createContext(options, scheduler, workload), schema)
  } finally {
    scheduler.workloads.delete(workload)
    await scheduler.forget(Object.values(sessionKeys(options)))
    await schema.remove()
  }
}

async function move(context: CopyContext, schema: Schema): Promise<TransferResult> {
  const { options, scheduler } = context
  const ignored: IgnoredError[] = []
  const keep = (result: TransferResult) => ignored.push(...result.ignoredErrors)
  const restoring = options.phase('restore definitions', 'target', () =>
    scheduler.lend(1, () => schema.restorePreData(scheduler)),
  )
  // Asks the source alone, while the target is at work.
  const planning = options.phase('plan', 'source', () => planWork(context, schema))
  await Promise.allSettled([restoring, planning])
  keep(await restoring)
  const work = await planning
  await scheduler.lend(1, () => fitChildColumns(options))
  await options.phase('copy rows, build indexes', 'both', () =>
    withWalWriter(context, () => copyAndBuild(context, work)),
  )
  throwFailures(options.database, context.failures)
  if (work.plan.partitioned.length > 0) {
    keep(
      await options.phase('restore partitioned indexes', 'target', () =>
        scheduler.lend(1, () => schema.restorePostData('partitioned', work.plan.partitioned)),
      ),
    )
  }
  if (work.plan.foreignKeys.length > 0) {
    const tables = new Map(work.tables.map(({ table }) => [table.oid, table]))
    await options.phase('build foreign keys', 'target', () =>
      buildForeignKeys(context, work.plan.foreignKeys, tables),
    )
    throwFailures(options.database, context.failures)
  }
  if (work.plan.rest.length > 0) {
    keep(
      await options.phase('restore the rest', 'target', () =>
        scheduler.lend(1, () => schema.restorePostData('rest', work.plan.rest)),
      ),
    )
  }
  const left = await schema.finish(scheduler)
  await options.phase('flush', 'target', () => flush(context))
  return { ignoredErrors: ignored, ...left }
}

function planWork(context: CopyContext, schema: Schema): Promise<Work> {
  const { options, scheduler } = context
  return scheduler.run({
    weight: Infinity,
    work: async (slot) => {
      const source = await sourceSession(context, slot)
      const entries = schema.takeEntries()
      const created = createdObjects(entries, 'TABLE')
      const rows = await planRows(options, source, context.staging.encoding, created)
      const oids = rows.tables.map(({ table }) => table.oid)
      const bytesOf = new Map(rows.tables.map(({ table }) => [table.oid, table.bytes]))
      const indexes = await readIndexes(source, oids)
      const plan = planRestore(entries, (oid) => bytesOf.has(oid))
      const builds = new Map(
        [...plan.builds].map(([table, list]) => [
          table,
          list.map((build) => {
            const index = indexes.get(build.oid)
            return { ...build, index, weight: buildWeight(index, bytesOf.get(table) ?? 0) }
          }),
        ]),
      )
      reportFormats(options, rows.tables.length, rows.asText)
      return {
        plan,
        tables: rows.tables,
        references: await readReferences(
          source,
          rows.tables.map(({ table }) => table),
        ),
        builds,
        lateBuilds: new Set(await readIndexesOfUserFunctions(source)),
        computing: new Set(await readTablesOfUserFunctions(source, options.source.facts.major)),
        largeObjects: await readLargeObjects(source),
        givesOwnersLater: schema.givesOwnersLater,
      }
    },
  })
}

const shownTables = 20

function reportFormats(options: TransferOptions, tables: number, asText: readonly string[]): void {
  const shown = asText.slice(0, shownTables)
  const more = asText.length > shown.length ? `, and ${asText.length - shown.length} more` : ''
  options.log.info(
    `${countOf(tables, 'table')}: ${formatCount(tables - asText.length)} copied in binary form${asText.length === 0 ? '' : `, as text: ${shown.join('; ')}${more}`}.`,
  )
}

/** Everything so far was committed without waiting for the disk; one commit that waits makes all of it safe. */
async function flush(context: CopyContext): Promise<void> {
  await context.scheduler.run({
    weight: Infinity,
    work: async (slot) => {
      const target = await targetSession(context, slot)
      await target.query(
        'begin; set local synchronous_commit = local; select pg_catalog.txid_current(); commit',
      )
    },
  })
}
