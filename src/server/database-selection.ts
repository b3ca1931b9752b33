/** Chooses the databases to move from names and globs. */
import picomatch from 'picomatch'
import { providerDatabases, type DatabaseFacts } from './databases.js'

/**
 * Applies `databases` and `exclude-databases`, biggest first. A name that stands there exactly is taken as it is, even
 * when the server has no such database (the checks say so); anything else is a glob. A glob that no name on the server
 * matches is kept as a missing database, too, because it is as likely a mistake. Templates are taken by name only,
 * `postgres` by name or when it holds user objects, and what no target can be given never. With `areNames` nothing is a
 * glob.
 */
export function selectDatabases(
  all: readonly DatabaseFacts[],
  patterns: readonly string[],
  excluded: readonly string[],
  postgresIsEmpty: boolean,
  areNames = false,
): DatabaseFacts[] {
  const names = all.map(({ name }) => name)
  const isExcluded = matcher(excluded, names)
  const isWanted = areNames ? (name: string) => patterns.includes(name) : matcher(patterns, names)
  const isMovable = ({ name, isTemplate }: DatabaseFacts) =>
    !isImmovable(name) &&
    (patterns.includes(name) || (!isTemplate && (name !== 'postgres' || !postgresIsEmpty)))
  const isName = (pattern: string) => areNames || !isGlob(pattern)
  const missing = patterns.filter((pattern) => isName(pattern) && !names.includes(pattern))
  const unmatched = patterns.filter(
    (pattern) => !isName(pattern) && !names.some(matcher([pattern], names)),
  )
  return [
    ...[
      ...all.filter((database) => isMovable(database) && isWanted(database.name)),
      ...missing.map(missingDatabase),
    ].filter(({ name }) => !isExcluded(name)),
    ...unmatched.map(missingDatabase),
  ]
}

/** Names of databases of the server that are asked for by name although no target can be given them. */
export function immovableDatabases(
  all: readonly DatabaseFacts[],
  patterns: readonly string[],
  excluded: readonly string[],
): string[] {
  const names = all.map(({ name }) => name)
  const isExcluded = matcher(excluded, names)
  return names.filter((name) => isImmovable(name) && patterns.includes(name) && !isExcluded(name))
}

/** Every server has these two of its own from initdb on, and the provider's belong to the provider. */
function isImmovable(name: string): boolean {
  return name === 'template0' || name === 'template1' || providerDatabases.includes(name)
}

function missingDatabase(name: string): DatabaseFacts {
  return { name, bytes: null, isTemplate: false, allowsConnections: false, connectionLimit: -1 }
}

/** Whether a name is read as a glob unless there is a database of just that name. */
export function isGlob(pattern: string): boolean {
  return /[*?[{]/.test(pattern)
}

function matcher(patterns: readonly string[], names: readonly string[]): (name: string) => boolean {
  // A database may have the name * as well; to leave out all others because of it would be a bad surprise.
  const globs = patterns.filter(
    (pattern) => pattern === '*' || (!names.includes(pattern) && isGlob(pattern)),
  )
  const matchers = globs.map((glob) =>
    // A database name is not a path: no character in it is special.
    picomatch(glob.replaceAll('/', '\u0001'), { dot: true, nonegate: true, noextglob: true }),
  )
  return (name) =>
    patterns.includes(name) || matchers.some((matches) => matches(name.replaceAll('/', '\u0001')))
}
