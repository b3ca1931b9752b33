/** Functions that need a search_path where a restore has none: tools empty it, so that no name can be hijacked. */
import { quoteIdentifier } from '../../server/index.js'
import type { DatabaseCheck, Found } from '../check.js'
import { isTableEmpty, readComputed, type Computed } from './computed.js'
import { unqualifiedNames, type KnownNames } from './function-body.js'
import {
  callGraph,
  readKnownNames,
  readUsersFunctions,
  type CallGraph,
  type UsersFunction,
} from './users-functions.js'

/** A function whose body leaves names to the search_path, reached from the one that is called. */
interface Culprit {
  readonly caller: UsersFunction
  readonly culprit: UsersFunction
  readonly names: readonly string[]
}

/**
 * Follows calls from a function until a body is found that leaves names to the search_path. There may be thousands of
 * functions, and thousands of tables that call the same one: each is looked at once.
 */
function culpritFinder(graph: CallGraph, known: KnownNames): (oid: string) => Culprit | undefined {
  const search = (caller: UsersFunction): Culprit | undefined => {
    for (const current of graph.reachedFrom(caller, ({ setsPath }) => !setsPath)) {
      if (current.body === null || current.setsPath) continue
      const names = unqualifiedNames(current.body, known)
      if (names.length > 0) return { caller, culprit: current, names }
    }
    return undefined
  }
  const found = new Map<string, Culprit | undefined>()
  return (oid) => {
    const called = graph.byOid(oid)
    if (called !== undefined && !found.has(oid)) {
      const callers = called.parts.length > 0 ? graph.partsOf(called) : [called]
      found.set(
        oid,
        callers.map(search).find((culprit) => culprit !== undefined),
      )
    }
    return found.get(oid)
  }
}

export const searchPath: DatabaseCheck = {
  name: 'search-path',
  scope: 'database',
  subject: 'functions that need a search_path during the restore',
  worst: 'blocking',
  async run(context) {
    const computed = (await readComputed(context)).filter(({ functions }) => functions.length > 0)
    if (computed.length === 0) return []
    const culpritOf = culpritFinder(
      callGraph(await readUsersFunctions(context)),
      await readKnownNames(context),
    )
    const found: Found[] = []
    for (const use of computed) {
      const culprit = use.functions.map(culpritOf).find((candidate) => candidate !== undefined)
      if (culprit === undefined) continue
      if (use.needsRows && (await isTableEmpty(context, use.table))) continue
      found.push(describe(use, culprit))
    }
    return found
  },
}

const consequences: Readonly<Record<string, string>> = {
  index: 'the index could not be built',
  'materialized view': 'it could not be filled',
}

function describe({ kind, object }: Computed, { caller, culprit, names }: Culprit): Found {
  const through = culprit === caller ? '' : ` (through ${culprit.identity})`
  const schemas = [...new Set([culprit.schema, caller.schema, 'public'])].map(quoteIdentifier)
  return {
    severity: 'blocking',
    object,
    message: `The ${kind} ${object} calls ${caller.identity}, which${through} finds ${names.join(', ')} only by the search_path. A restore runs with an empty one: ${consequences[kind] ?? 'the rows of the table would be refused'}.`,
    remedy: `-- on the source; name the schemas that the function needs\nalter function ${caller.identity} set search_path = ${schemas.join(', ')}, pg_temp;`,
  }
}
