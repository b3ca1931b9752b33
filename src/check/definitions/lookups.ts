/** Rows that a table computes or checks with functions of users that look into other tables, whose rows may come later. */
import { listed } from '../../report/format.js'
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'
import { isTableEmpty, readComputed, type Computed } from './computed.js'
import { namedRelations } from './function-body.js'
import {
  callGraph,
  readKnownNames,
  readUsersFunctions,
  type UsersFunction,
} from './users-functions.js'

const shown = 3

interface Relation {
  readonly schema: string
  readonly name: string
  readonly identity: string
}

/** What the function that is called reads, with what it calls itself. */
interface Lookup {
  readonly caller: string
  readonly reads: readonly string[]
}

function readRelations({ sourceSession }: DatabaseContext): Promise<Relation[]> {
  return sourceSession.query<Relation>(
    `select n.nspname::pg_catalog.text as schema, c.relname::pg_catalog.text as name,
            ${identity('pg_class', 'c.oid')} as identity
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'f') and ${isUsersRelation('c', 'n')}`,
  )
}

/** What a function is seen to read, itself or by what it calls. Of other languages, and of statements in strings, nothing is seen. */
async function lookupFinder(
  context: DatabaseContext,
): Promise<(oid: string) => Lookup | undefined> {
  const names = await readKnownNames(context)
  const relations = new Map<string, string>()
  for (const { schema, name, identity: object } of await readRelations(context)) {
    relations.set(`${schema}.${name}`, object)
    if (names.relations.has(name)) relations.set(name, object)
  }
  const known = new Set(relations.values())
  const graph = callGraph(await readUsersFunctions(context), names.functions)
  const find = (caller: UsersFunction): Lookup => {
    const reached = [...graph.reachedFrom(caller, () => true)]
    const reads = reached.flatMap((each) => [
      ...each.reads.filter((object) => known.has(object)),
      ...namedRelations(each.body ?? '').flatMap((name) => relations.get(name) ?? []),
    ])
    return { caller: caller.identity, reads: [...new Set(reads)].toSorted() }
  }
  const found = new Map<string, Lookup>()
  return (oid) => {
    const caller = graph.byOid(oid)
    if (caller === undefined) return undefined
    const lookup = found.get(oid) ?? find(caller)
    found.set(oid, lookup)
    return lookup
  }
}

const consequences: Readonly<Record<string, string>> = {
  'check constraint': 'rows may be refused, and the restore fails',
  domain: 'rows may be refused, and the restore fails',
  'partition key': 'rows may be refused, and the restore fails',
  'generated column': 'it may hold other values on the target, which is a difference',
}

/** The method `copy`, which `auto` chooses where nothing rules it out, moves the rows of these tables behind all others. */
export const lookupOrder: DatabaseCheck = {
  name: 'lookup-order',
  scope: 'database',
  subject: 'whether checks, generated columns and partition keys look into other tables',
  worst: 'warning',
  async run(context) {
    if (context.method === 'auto' || context.method === 'copy') return []
    const computed = (await readComputed(context)).filter(
      ({ kind, functions }) => kind in consequences && functions.length > 0,
    )
    if (computed.length === 0) return []
    const lookupOf = await lookupFinder(context)
    const uses = new Map<string, { readonly lookup: Lookup; readonly computed: Computed[] }>()
    for (const each of computed) {
      const lookups = each.functions.flatMap((oid) => lookupOf(oid) ?? [])
      const lookup = lookups.find(({ reads }) => reads.some((object) => object !== each.table))
      if (lookup === undefined || (await isTableEmpty(context, each.table))) continue
      const key = `${each.kind} ${lookup.caller}`
      const use = uses.get(key) ?? { lookup, computed: [] }
      use.computed.push(each)
      uses.set(key, use)
    }
    return [...uses.values()].map((use) => describe(use.lookup, use.computed, context.method))
  },
}

function describe(
  { caller, reads }: Lookup,
  computed: readonly Computed[],
  method: DatabaseContext['method'],
): Found {
  const objects = [...new Set(computed.map(({ object }) => object))]
  const kind = computed[0]?.kind ?? ''
  return {
    severity: 'warning',
    object: caller,
    message: `${caller} looks into ${listed(reads, shown)} for the ${kind} ${listed(objects, shown)}. The method "${method}" does not restore what is looked up before the rows that need it: ${consequences[kind]}.`,
    remedy: 'Set "method" to "copy", which moves the rows of such tables behind all others.',
  }
}
