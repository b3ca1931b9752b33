/** Says so when a database could not be moved or compared because somebody changed definitions on the source meanwhile. */
import { CancelledError, messageOf, ProgramError, UpgradeError } from '../errors.js'
import { countOf, listed } from '../report/format.js'
import type { Difference } from '../report/report.js'
import { repeatedWhenLost, type Server, type Snapshot } from '../server/index.js'
import {
  changedDefinitions,
  changedLabels,
  type ChangedDefinition,
  type Definition,
} from '../validate/index.js'

const shown = 10

/** What servers say of an object that is not there any more: in a snapshot, names, labels and locks are of the moment. */
const isGone =
  /does not exist|cache lookup failed|could not open relation with OID|invalid input value for enum/

/** Runs work that reads the source in a snapshot. What fails because an object has gone, names what was changed. */
export async function explainingChanges<T>(
  source: Server,
  snapshot: Snapshot,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CancelledError || !mayComeFromChanges(error)) throw error
    // Where the source does not answer, the error itself is the better one to tell.
    const changed = await changedDefinitions(source, snapshot).catch(() => [])
    if (changed.length === 0) throw error
    throw definitionsChanged(snapshot.database, changed, messageOf(error), error)
  }
}

/** Throws where differences are about objects that were changed on the source after the snapshot. */
export async function throwIfChanged(
  source: Server,
  snapshot: Snapshot,
  differences: readonly Difference[],
): Promise<void> {
  if (differences.length === 0) return
  const texts = differences.flatMap((each) => [each.object, each.source ?? '', each.target ?? ''])
  // Where the source does not answer, the database fails all the same: by the differences themselves.
  const changed = (await changedDefinitions(source, snapshot).catch(() => [])).filter(({ name }) =>
    texts.some((text) => text.includes(name)),
  )
  if (changed.length === 0) return
  const said = `The comparison of its catalogs found ${countOf(differences.length, 'difference')}, which may come from that.`
  throw definitionsChanged(snapshot.database, changed, said)
}

/** Throws where labels of enums are not those that the snapshot has seen, whatever the comparison says. */
export async function throwIfRelabelled(
  source: Server,
  database: string,
  seen: readonly Definition[],
): Promise<void> {
  const changed = await repeatedWhenLost(() => changedLabels(source, database, seen))
  if (changed.length === 0) return
  const said =
    'A server prints the values of an enum with the labels of the moment, so rows may have come with other labels than they had in the snapshot.'
  throw definitionsChanged(database, changed, said)
}

function mayComeFromChanges(error: unknown): boolean {
  if (error instanceof UpgradeError && error.code === 'definitions-changed') return true
  const output = error instanceof ProgramError ? error.output : []
  if ([messageOf(error), ...output].some((text) => isGone.test(text))) return true
  return error instanceof Error && error.cause !== undefined && mayComeFromChanges(error.cause)
}

function definitionsChanged(
  database: string,
  changed: readonly ChangedDefinition[],
  what: string,
  cause?: unknown,
): UpgradeError {
  const names = changed.map(({ fate, kind, name }) => `${kind} ${name} (${fate})`)
  return new UpgradeError(
    `Definitions of database ${JSON.stringify(database)} were changed on the source while it was being moved: ${listed(names, shown)}. ${what}`,
    { code: 'definitions-changed', side: 'source', cause },
  )
}
