/** Compares one database of the source with one database of the target. */
import { throwIfCancelled } from '../errors.js'
import type { Log } from '../log.js'
import type { Difference, Span, TableReport } from '../report/report.js'
import { compareInventory } from './inventory/compare.js'
import { tellEventTriggers } from './inventory/event-triggers.js'
import { compareLargeObjectContents, compareLargeObjects } from './large-objects/compare.js'
import { compareQueries } from './queries/compare.js'
import { compareRows, type RowResult } from './rows/compare.js'
import { withRowsRevealed } from './rows/reveal.js'
import { compareSequences, type SequenceStates } from './sequences/compare.js'
import { keepingReaders, type Both, type DatabaseSide } from './sides.js'

export interface ValidateOptions {
  readonly source: DatabaseSide
  readonly target: DatabaseSide
  /** The target's database is the run's own yet: what hides its rows may be lifted meanwhile. */
  readonly isStaging?: boolean
  /** With `none` the queries alone are run. */
  readonly level: 'none' | 'counts' | 'checksums'
  /** Run on both sides; their rows must be equal. */
  readonly queries: readonly string[]
  /** Sessions on each side. */
  readonly jobs: number
  readonly log: Log
  readonly signal: AbortSignal
  /** Called when the rows of a table have been read on both sides. */
  readonly onTable?: ((done: number, total: number, table: string) => void) | undefined
  /** Called with what is compared after the rows: `the sequences`. */
  readonly onStage?: ((stage: string) => void) | undefined
  /** Takes the time of each table's reading. */
  readonly span?: ((span: Span) => void) | undefined
  /** Where the source's sequences stood just after its snapshot; absent: as they are now. */
  readonly capturedSequences?: SequenceStates | undefined
  /** True for what the run has left out on purpose and has told in a finding. */
  readonly expected?: ((difference: Difference) => boolean) | undefined
}

export interface ValidationResult {
  readonly tables: TableReport[]
  readonly differences: Difference[]
  readonly computedOtherwise: RowResult['computedOtherwise']
}

/** Compares everything that the level asks for. Differences are returned; what could not be compared is thrown. */
export async function validateDatabase(options: ValidateOptions): Promise<ValidationResult> {
  try {
    return await keepingReaders({ source: options.source, target: options.target }, (sides) =>
      compareAll(sides, options),
    )
  } catch (error) {
    // A cancelled run cuts its sessions off: their errors say nothing.
    throwIfCancelled(options.signal)
    throw error
  }
}

async function compareAll(
  sides: Both<DatabaseSide>,
  options: ValidateOptions,
): Promise<ValidationResult> {
  const { level, jobs, onTable, span } = options
  const turnTo = (stage: string): void => {
    throwIfCancelled(options.signal)
    options.onStage?.(stage)
  }
  const reveal: typeof withRowsRevealed =
    options.isStaging === true ? withRowsRevealed : (_side, work) => work()
  if (level === 'none') {
    const differences = await reveal(sides.target, () => compareQueries(sides, options.queries))
    return { tables: [], differences, computedOtherwise: [] }
  }
  const { rows, contents } = await reveal(sides.target, async () => {
    const compared = await compareRows({ sides, level, jobs, onTable, span })
    turnTo('the large objects')
    const largeObjects = level === 'checksums' ? await compareLargeObjectContents(sides, jobs) : []
    turnTo('the sequences')
    const sequences = await compareSequences(sides, options.capturedSequences)
    turnTo('the queries')
    const queries = await compareQueries(sides, options.queries)
    return { rows: compared, contents: [...largeObjects, ...sequences, ...queries] }
  })
  turnTo('the objects')
  await tellEventTriggers(sides.target, options.log)
  const inventory = [
    ...(await compareLargeObjects(sides, jobs)),
    ...(await compareInventory(sides, jobs)),
  ]
  const found = [...inventory, ...rows.differences, ...contents]
  const differences = found.filter((difference) => options.expected?.(difference) !== true)
  options.log.debug(
    `Compared ${rows.tables.length} tables of database ${JSON.stringify(options.source.database)}: ` +
      `${differences.length} differences.`,
  )
  return { ...rows, differences }
}
