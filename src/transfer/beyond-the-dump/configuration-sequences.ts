/**
 * Where sequences stand that number the rows of extensions' configuration tables. The tools carry the rows, and leave a sequence
 * that is not declared as configuration itself to CREATE EXTENSION, which begins it anew.
 */
import { setPosition, type Session } from '../../server/index.js'
import { isPast, isSamePosition, readSequences } from '../../validate/index.js'
import type { Statement } from '../administrator/privileges.js'

/** Sets those of the target that would give a number of the source once more. */
export async function configurationSequenceStatements(
  source: Session,
  target: Session,
): Promise<Statement[]> {
  const wanted = [...(await readSequences(source, 'ofExtensions'))].filter(
    ([, state]) => state.isUndeclared,
  )
  if (wanted.length === 0) return []
  const present = await readSequences(target, 'ofExtensions')
  return wanted.flatMap(([sequence, state]) => {
    const now = present.get(sequence)
    if (now === undefined || isSamePosition(now, state) || isPast(now, state)) return []
    const what = `the position of the sequence ${sequence}`
    const sql = `select ${setPosition(sequence, state.lastValue, state.isCalled)}`
    return [{ sql, what, object: `sequence position ${sequence}` }]
  })
}
