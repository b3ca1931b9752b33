/** Runs the user's own queries on both sides and compares their rows, as text and in order. */
import { messageOf, UpgradeError } from '../../errors.js'
import { shorten } from '../../report/format.js'
import type { Difference } from '../../report/report.js'
import {
  isLostConnection,
  repeatedWhenLost,
  type ConnectOptions,
  type Session,
} from '../../server/index.js'
import { printFloats } from './floats.js'
import { openReader, usersPath, type Both, type DatabaseSide } from '../sides.js'

type Rows = (string | null)[]

const shownLength = 500
/** read_only_sql_transaction */
const readOnly = '25006'

/** Fails when a query cannot run on a side; the message names the side and the query. */
export async function compareQueries(
  sides: Both<DatabaseSide>,
  queries: readonly string[],
): Promise<Difference[]> {
  return queries.length === 0 ? [] : repeatedWhenLost(() => compareAll(sides, queries))
}

async function compareAll(
  sides: Both<DatabaseSide>,
  queries: readonly string[],
): Promise<Difference[]> {
  const source = await openReader(sides.source, { usersSearchPath: true })
  try {
    const target = await openReader(sides.target, await pathOf(source))
    try {
      await beginReading(source, sides.source)
      await beginReading(target, sides.target)
      const differences: Difference[] = []
      for (const query of queries) {
        const difference = await compareQuery(source, target, query)
        if (difference !== undefined) differences.push(difference)
      }
      return differences
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

/** In a transaction that has read, no query can make its session write; one that reads a snapshot is in it already. */
export async function beginReading(session: Session, { snapshot }: DatabaseSide): Promise<void> {
  if (snapshot === undefined) await session.query('begin transaction read only; select 1')
}

/**
 * The source's own search_path for the target as well: a staging database gets its settings only when it is
 * published, and `$user` may be somebody else there.
 */
async function pathOf(source: Session): Promise<ConnectOptions> {
  return { settings: { search_path: await usersPath(source) } }
}

async function compareQuery(
  source: Session,
  target: Session,
  query: string,
): Promise<Difference | undefined> {
  const rows = { source: rowsOf(source, query), target: rowsOf(target, query) }
  try {
    for (let row = 1; ; row += 1) {
      const [before, after] = await nextOfBoth(rows.source, rows.target)
      if (before === undefined && after === undefined) return undefined
      if (!isSameRow(before, after)) {
        const shown = { source: describe(before, row), target: describe(after, row) }
        return { kind: 'query', object: shorten(query.replace(/\s+/g, ' '), shownLength), ...shown }
      }
    }
  } finally {
    await Promise.allSettled([rows.source.return(undefined), rows.target.return(undefined)])
  }
}

async function nextOfBoth(
  source: AsyncIterator<Rows>,
  target: AsyncIterator<Rows>,
): Promise<[Rows | undefined, Rows | undefined]> {
  const [before, after] = await Promise.allSettled([source.next(), target.next()])
  if (before.status === 'rejected') throw before.reason
  if (after.status === 'rejected') throw after.reason
  return [
    before.value.done === true ? undefined : before.value.value,
    after.value.done === true ? undefined : after.value.value,
  ]
}

async function* rowsOf(session: Session, query: string): AsyncGenerator<Rows> {
  const batches = session.textBatches(query, printFloats)[Symbol.asyncIterator]()
  try {
    for (;;) {
      const batch = await batches.next().catch((error: unknown) => {
        throw explainQueryFailure(error, session, query)
      })
      if (batch.done === true) return
      yield* batch.value
    }
  } finally {
    await batches.return?.()
  }
}

/** The error of a query that fails on one side. */
export function explainQueryFailure(error: unknown, session: Session, query: string): UpgradeError {
  const { side } = session
  const sqlState = error instanceof UpgradeError ? error.sqlState : undefined
  const message = describeFailure(session, query, messageOf(error))
  if (isLostConnection(error)) {
    return new UpgradeError(message, { code: error.code, side, sqlState, cause: error })
  }
  // The session is what takes no writes; what is known of that error is about servers.
  if (sqlState === readOnly) return writingRefused(session, query, messageOf(error))
  return new UpgradeError(message, {
    code: 'validation-query-failed',
    side,
    sqlState,
    hint: 'Try the query on that server with psql; it runs read-only, as the role of the connection string. Put \\connect and the name of a database before queries that are for that one alone.',
    cause: error,
  })
}

/** The error of a query that would write. */
export function writingRefused(
  session: Session,
  query: string,
  why = 'it writes, in a transaction that only reads.',
): UpgradeError {
  return new UpgradeError(describeFailure(session, query, why), {
    code: 'validation-query-failed',
    side: session.side,
    sqlState: readOnly,
    hint: 'Validation queries run read-only on both sides: let this one read alone.',
  })
}

function describeFailure({ side }: Session, query: string, why: string): string {
  return `Could not run the validation query on the ${side}: ${shorten(query, shownLength)}: ${why}`
}

function isSameRow(before: Rows | undefined, after: Rows | undefined): boolean {
  if (before === undefined || after === undefined) return false
  return before.length === after.length && before.every((value, index) => value === after[index])
}

function describe(values: Rows | undefined, row: number): string {
  if (values === undefined) return `no row ${row}`
  return shorten(`row ${row}: ${values.map((value) => value ?? 'NULL').join(' | ')}`, shownLength)
}
