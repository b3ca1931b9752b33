/** Chooses the databases to move from names and globs. */
import { providerDatabases, type DatabaseFacts } from './databases.js'
import { globMatcher } from './glob.js'

/** What stands in `databases` or in `exclude-databases`. */
export interface DatabaseNames {
  readonly items: readonly string[]
  /** Nothing is a glob. */
  readonly areNames: boolean
}

export interface DatabaseChoice {
  readonly wanted: DatabaseNames
  readonly excluded: DatabaseNames
}

/**
 * Applies `databases` and `exclude-databases`, biggest first. A name that stands there exactly is taken as it is, even
 * when the server has no such database (the checks say so); anything else is a glob. A glob that no name on the server
 * matches is kept as a missing database, too, because it is as likely a mistake. Templates are taken by name only,
 * `postgres` by name or when it holds user objects, and what no target can be given never.
 */
export function selectDatabases(
  all: readonly DatabaseFacts[],
  { wanted, excluded }: DatabaseChoice,
  postgresIsEmpty: boolean,
): DatabaseFacts[] {
  const names = all.map(({ name }) => name)
  const isExcluded = matcher(excluded, names)
  const isWanted = matcher(wanted, names)
  const isMovable = ({ name, isTemplate }: DatabaseFacts) =>
    !isImmovable(name) &&
    (wanted.items.includes(name) || (!isTemplate && (name !== 'postgres' || !postgresIsEmpty)))
  const unmatched = unmatchedItems(all, wanted)
  const isName = (item: string) => wanted.areNames || !isGlob(item)
  return [
    ...all.filter((database) => isMovable(database) && isWanted(database.name)),
    ...unmatched.filter((item) => isName(item)).map(missingDatabase),
  ]
    .filter(({ name }) => !isExcluded(name))
    .concat(unmatched.filter((item) => !isName(item)).map(missingDatabase))
}

/** The names that no database has, and the globs that match none. */
export function unmatchedItems(
  all: readonly DatabaseFacts[],
  { items, areNames }: DatabaseNames,
): string[] {
  const names = all.map(({ name }) => name)
  return items.filter((item) => !names.some(matcher({ items: [item], areNames }, names)))
}

/** Whether the inputs leave nothing of what could be moved. */
export function choosesNothing(
  all: readonly DatabaseFacts[],
  { wanted, excluded }: DatabaseChoice,
  postgresIsEmpty: boolean,
): boolean {
  const count = (choice: DatabaseChoice) => selectDatabases(all, choice, postgresIsEmpty).length
  const everything = { items: ['*'], areNames: false }
  const nothing = { items: [], areNames: false }
  return (
    count({ wanted, excluded }) === 0 &&
    [wanted, everything].some((items) => count({ wanted: items, excluded: nothing }) > 0)
  )
}

/** Whether it makes a difference to the choice if `postgres` holds something: it may be one that the role cannot enter. */
export function dependsOnPostgres(all: readonly DatabaseFacts[], choice: DatabaseChoice): boolean {
  const chosen = (isEmpty: boolean) => [
    selectDatabases(all, choice, isEmpty).length,
    choosesNothing(all, choice, isEmpty),
  ]
  return chosen(true).some((value, index) => value !== chosen(false)[index])
}

/** Names of databases of the server that are asked for by name although no target can be given them. */
export function immovableDatabases(
  all: readonly DatabaseFacts[],
  { wanted, excluded }: DatabaseChoice,
): string[] {
  const names = all.map(({ name }) => name)
  const isExcluded = matcher(excluded, names)
  return names.filter(
    (name) => isImmovable(name) && wanted.items.includes(name) && !isExcluded(name),
  )
}

/** Every server has these two of its own from initdb on, and the provider's belong to the provider. */
function isImmovable(name: string): boolean {
  return name === 'template0' || name === 'template1' || providerDatabases.includes(name)
}

function missingDatabase(name: string): DatabaseFacts {
  return { name, bytes: null, isTemplate: false, allowsConnections: false, connectionLimit: -1 }
}

/** Whether an item is read as a glob unless there is a database of just that name. */
export function isGlob(item: string): boolean {
  return /[*?[{]/.test(item)
}

function matcher(
  { items, areNames }: DatabaseNames,
  names: readonly string[],
): (name: string) => boolean {
  if (areNames) return (name) => items.includes(name)
  // Everything is everything, whatever a glob makes of a name, and where a database has the name * as well.
  if (items.includes('*')) return () => true
  const matchers = items
    .filter((item) => !names.includes(item) && isGlob(item))
    .map((glob) => globMatcher(glob))
  return (name) => items.includes(name) || matchers.some((matches) => matches(name))
}
