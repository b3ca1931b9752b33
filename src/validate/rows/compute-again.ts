/** Has generated columns whose values differ computed again: does each side still come to what it has stored? */
import { CancelledError, UpgradeError } from '../../errors.js'
import { isLostConnection, quoteIdentifier } from '../../server/index.js'
import { onBothSides, withReader, type Both, type DatabaseSide } from '../sides.js'
import { readComputed } from './computed.js'
import { hashStatement, readHashedPair, type HashedPair } from './hash.js'
import { measure, type Content } from './measure.js'
import { conditionOf, relationOf, type Pair } from './pairs.js'
import { partConditions } from './parts.js'
import { readColumns } from './types.js'

/**
 * The columns of `names` that each side computes of its rows as it has them stored, where all other columns of the rows are the
 * same on both sides: then it is the function that is another one on the target. Otherwise what it looks up came later there, or
 * was changed on the source since. Columns of which that cannot be found out are not among them.
 */
export async function computedTheSame(
  sides: Both<DatabaseSide>,
  jobs: number,
  compared: Pair,
  stored: Both<Content | undefined>,
): Promise<ReadonlySet<string>> {
  const hashed = await readHashedPair(sides)
  const again = await unlessRefused(() =>
    onBothSides(sides, (side) => compute(side, hashed, jobs, compared)),
  )
  if (again === undefined || again.source?.hash !== again.target?.hash) return new Set()
  const isSame = (index: number) =>
    [
      [stored.source, again.source],
      [stored.target, again.target],
    ].every(([before, after]) => {
      const hash = after?.apart[index]
      return typeof hash === 'bigint' && hash === before?.apart[index]
    })
  return new Set(compared.computed.flatMap(({ name }, index) => (isSame(index) ? [name] : [])))
}

/** The role may not call the function, or that fails as it looks for something in the search path. */
async function unlessRefused<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    const isRefusal = error instanceof UpgradeError && !(error instanceof CancelledError)
    if (!isRefusal || isLostConnection(error)) throw error
    return undefined
  }
}

/** With the side's own expressions, and its sums over the columns that are not generated. */
async function compute(
  side: DatabaseSide,
  hashed: HashedPair,
  jobs: number,
  compared: Pair,
): Promise<Content | undefined> {
  const { major } = side.server.facts
  const { table } = compared
  const { fields, own } = await withReader(side, async (session) => ({
    fields: (await readColumns(session, major)).get(table) ?? [],
    own: (await readComputed(session, major)).get(table) ?? [],
  }))
  const expressions = new Map(own.map(({ name, expression }) => [name, expression]))
  const together = fields.filter(({ name }) => !expressions.has(name))
  const apart = compared.computed.map(({ name }) =>
    expressions.has(name) ? fields.find((field) => field.name === name) : undefined,
  )
  const values = [...together, ...apart.flatMap((field) => field ?? [])].map(({ name }) => {
    const column = quoteIdentifier(name)
    return `${expressions.get(name) ?? `t.${column}`} as ${column}`
  })
  const { pages = 0, bytes = 0 } = compared[side.server.side] ?? {}
  const measurements = partConditions(pages, jobs, major, conditionOf(compared)).map(
    (condition) => {
      // OFFSET keeps a value from being computed twice.
      const rows = `(select ${values.join(', ')} from ${relationOf(compared)} as t ${condition} offset 0)`
      return { table, sql: hashStatement(rows, { together, apart }, hashed, ''), bytes }
    },
  )
  const contents = await measure(side, measurements, { jobs, stop: new AbortController() })
  return contents.get(table)
}
