/** Compares where the sequences of both sides stand. */
import type { Difference } from '../../report/report.js'
import {
  quoteLiteral,
  quoteQualified,
  usedByConfiguration,
  type Session,
} from '../../server/index.js'
import { onBothSides, withReader, type Both, type DatabaseSide } from '../sides.js'
import { describePosition, isWithinSpan, type SequenceState } from './position.js'

/** The state of every sequence, by `"schema"."name"`. */
export type SequenceStates = ReadonlyMap<string, SequenceState>

const sequencesPerStatement = 200

/** Temporary sequences are nobody's but their session's. */
const selections = {
  all: `c.relpersistence <> 't'`,
  readable: `c.relpersistence <> 't' and pg_catalog.has_schema_privilege(n.oid, 'usage')
             and case c.relkind when 'S' then pg_catalog.has_sequence_privilege(c.oid, 'select') end`,
  unlogged: `c.relpersistence = 'u'`,
  ofExtensions: `c.relpersistence <> 't' and e.oid is not null`,
} as const

/**
 * Reads where all sequences stand, or some of them alone. Called on the source just after its snapshot has been
 * exported, the result is what `compareSequences` takes as `captured`.
 */
export async function captureSequences(
  side: DatabaseSide,
  which: keyof typeof selections = 'all',
): Promise<SequenceStates> {
  return withReader(side, (session) => readSequences(session, which))
}

/** Compares; a sequence that only one side has is a difference of the inventory. */
export async function compareSequences(
  sides: Both<DatabaseSide>,
  captured: SequenceStates | undefined,
): Promise<Difference[]> {
  const states = await onBothSides(sides, (side) => captureSequences(side))
  const differences: Difference[] = []
  for (const [object, source] of states.source) {
    const target = states.target.get(object)
    if (target === undefined) continue
    if (isWithinSpan(captured?.get(object) ?? source, source, target)) continue
    differences.push({
      kind: 'sequence position',
      object,
      source: describePosition(captured?.get(object) ?? source),
      target: describePosition(target),
    })
  }
  return differences
}

interface SequenceRow {
  readonly schema: string
  readonly name: string
  readonly increment: string
  readonly cycles: boolean
  readonly undeclared: boolean
}

/** The same of the session's database. What the tools do not read either need not be readable. */
export async function readSequences(
  session: Session,
  which: keyof typeof selections,
): Promise<SequenceStates> {
  const sequences = await session.query<SequenceRow>(
    `select n.nspname as schema, c.relname as name, s.seqincrement::pg_catalog.text as increment,
            s.seqcycle as cycles,
            e.oid is not null and c.oid <> all (coalesce(e.extconfig, '{}')) as undeclared
       from pg_catalog.pg_sequence s
       join pg_catalog.pg_class c on c.oid = s.seqrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       left join pg_catalog.pg_depend d
         on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
        and d.objsubid = 0 and d.deptype = 'e'
       left join pg_catalog.pg_extension e on e.oid = d.refobjid
      where ${selections[which]}
        and n.nspname not like 'pg\\_%'
        and (e.oid is null or c.oid = any (e.extconfig)
             or (c.oid in (${usedByConfiguration})
                 and pg_catalog.has_schema_privilege(n.oid, 'usage')
                 and pg_catalog.has_sequence_privilege(c.oid, 'select')))
      order by n.nspname, c.relname`,
  )
  const states = new Map<string, SequenceState>()
  for (let start = 0; start < sequences.length; start += sequencesPerStatement) {
    const batch = sequences.slice(start, start + sequencesPerStatement)
    for (const [object, state] of await readBatch(session, batch)) states.set(object, state)
  }
  return states
}

async function readBatch(
  session: Session,
  sequences: readonly SequenceRow[],
): Promise<[string, SequenceState][]> {
  const branches = sequences.map(({ schema, name }) => {
    const object = quoteQualified(schema, name)
    return `select ${quoteLiteral(object)} as object, last_value, is_called from ${object}`
  })
  const rows = await session.query<{ object: string; last_value: string; is_called: boolean }>(
    branches.join('\n union all '),
  )
  const positions = new Map(rows.map((row) => [row.object, row]))
  return sequences.flatMap(
    ({ schema, name, increment, cycles, undeclared }): [string, SequenceState][] => {
      const object = quoteQualified(schema, name)
      const row = positions.get(object)
      if (row === undefined) return []
      const { last_value: lastValue, is_called: isCalled } = row
      const state = {
        lastValue: BigInt(lastValue),
        isCalled,
        increment: BigInt(increment),
        cycles,
        isUndeclared: undeclared,
      }
      return [[object, state]]
    },
  )
}
