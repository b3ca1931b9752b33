/**
 * The method `copy`: definitions by pg_dump and pg_restore, rows streamed from server to server by several sessions
 * at once, and every table's indexes built as soon as its rows are in. Nothing is written to disk but definitions.
 */
import { UpgradeError } from '../../errors.js'
import { countOf, formatCount } from '../../report/format.js'
import type { IgnoredError } from '../../report/report.js'
import { fitChildColumns } from '../beyond-the-dump/child-columns.js'
import type { Transfer, TransferOptions, TransferResult } from '../transfer.js'
import { argumentAgainstCopy } from './arguments.js'
import {
  createContext,
  sessionKeys,
  targetSession,
  throwFailures,
  type CopyContext,
} from './context.js'
import { buildForeignKeys } from './indexes/foreign-keys.js'
import { copyAndBuild, type Work } from './copy-and-build.js'
import { createdObjects, planRestore } from './plan.js'
import { planRows } from './rows/rows.js'
import { withScheduler, type Scheduler } from './scheduler.js'
import { dumpSchema, type Schema } from './definitions/schema.js'
import { readSourceFacts, type SourceFacts } from './source-facts.js'
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
  const workload = createWorkload()
  scheduler.workloads.add(workload)
  try {
    const context = await createContext(options, scheduler, workload)
    const { schema, work } = await prepare(context)
    try {
      return await move(context, schema, work)
    } finally {
      await schema.remove()
    }
  } finally {
    scheduler.workloads.delete(workload)
    await scheduler.forget(Object.values(sessionKeys(options)))
  }
}

/** Dumps the definitions and plans the work. The caller removes the files. */
async function prepare(context: CopyContext): Promise<{ schema: Schema; work: Work }> {
  const { options, scheduler } = context
  const dumping = options.phase('dump definitions', 'source', () =>
    scheduler.lend(1, () => dumpSchema(options)),
  )
  // pg_dump keeps one core busy, so another session reads meanwhile what the plan needs.
  const reading = options.phase('plan', 'source', () => readSourceFacts(context))
  await Promise.allSettled([dumping, reading])
  const schema = await dumping
  try {
    return { schema, work: planWork(context, schema, await reading) }
  } catch (error) {
    await schema.remove()
    throw error
  }
}

async function move(context: CopyContext, schema: Schema, work: Work): Promise<TransferResult> {
  const { options, scheduler } = context
  const ignored: IgnoredError[] = []
  const keep = (result: TransferResult) => ignored.push(...result.ignoredErrors)
  keep(
    await options.phase('restore definitions', 'target', () =>
      scheduler.lend(1, () => schema.restorePreData(scheduler)),
    ),
  )
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

/** What is to be done for the rows of all that the archive creates. */
function planWork(context: CopyContext, schema: Schema, facts: SourceFacts): Work {
  const { options, staging } = context
  const { rows, indexes, ...others } = facts
  const entries = schema.takeEntries()
  const created = new Set(createdObjects(entries, 'TABLE'))
  const { tables, asText } = planRows(options, rows, staging.encoding, created)
  const bytesOf = new Map(tables.map(({ table }) => [table.oid, table.bytes]))
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
  reportFormats(options, tables.length, asText)
  return { ...others, plan, tables, builds, givesOwnersLater: schema.givesOwnersLater }
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
