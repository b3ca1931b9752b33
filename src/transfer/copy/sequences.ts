/** Gives every sequence the value that it has on the source. */
import { quoteLiteral, quoteQualified, setPosition, type Session } from '../../server/index.js'
import { sourceSession, targetSession, type CopyContext } from './context.js'
import type { Slot } from './scheduler.js'

interface SequenceName {
  readonly schema: string
  readonly name: string
}

interface SequenceState extends SequenceName {
  readonly value: string
  readonly is_called: boolean
}

/** As many as one statement takes at once: each sequence is a relation of its own to read. */
const batch = 200

/** Copies the state of the sequences of the given OIDs, and of those that extensions declare as configuration. */
export async function copySequences(
  context: CopyContext,
  slot: Slot,
  oids: readonly number[],
): Promise<void> {
  const source = await sourceSession(context, slot)
  const names = await readNames(source, oids)
  for (let start = 0; start < names.length; start += batch) {
    const states = await readStates(source, names.slice(start, start + batch))
    const target = await targetSession(context, slot)
    await target.query(writeStates(states))
  }
}

function readNames(source: Session, oids: readonly number[]): Promise<SequenceName[]> {
  return source.query<SequenceName>(
    `select n.nspname::pg_catalog.text as schema, c.relname::pg_catalog.text as name
       from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'S'
        and (c.oid = any ($1::pg_catalog.oid[])
             or c.oid in (select unnest(e.extconfig) from pg_catalog.pg_extension e))`,
    [oids],
  )
}

/** From the relations themselves: pg_sequences shows no value where none has been taken yet. */
function readStates(source: Session, names: readonly SequenceName[]): Promise<SequenceState[]> {
  const selects = names.map(
    ({ schema, name }) =>
      `select ${quoteLiteral(schema)} as schema, ${quoteLiteral(name)} as name, last_value as value, is_called from ${quoteQualified(schema, name)}`,
  )
  return source.query<SequenceState>(selects.join(' union all '))
}

function writeStates(states: readonly SequenceState[]): string {
  const calls = states.map(({ schema, name, value, is_called }) =>
    setPosition(quoteQualified(schema, name), value, is_called),
  )
  return `select ${calls.join(', ')}`
}
