/** The arguments of pg_dump and pg_restore, read as getopt_long reads them, and which of them no user may give. */

export type Tool = 'pg_dump' | 'pg_restore'

interface Reserved {
  readonly long: string
  readonly short?: string
  readonly why: string
}

const own = 'is set by this action and cannot be given'
const leavesStaging =
  'would drop or create the database of that name on the target; this action fills one of another name, and publishes it once it has been validated. Leave it out'
const noOption = 'is not an option'
const fromScratch =
  'has nothing to drop, because this action fills each database from scratch. Leave it out'

const reserved: readonly Reserved[] = [
  { long: 'create', short: 'C', why: leavesStaging },
  { long: 'clean', short: 'c', why: fromScratch },
  { long: 'if-exists', why: fromScratch },
  { long: 'dbname', short: 'd', why: own },
  { long: 'file', short: 'f', why: own },
  { long: 'format', short: 'F', why: own },
  { long: 'host', short: 'h', why: own },
  { long: 'jobs', short: 'j', why: own },
  { long: 'list', short: 'l', why: own },
  { long: 'no-password', short: 'w', why: own },
  { long: 'password', short: 'W', why: own },
  { long: 'port', short: 'p', why: own },
  // Whoever knows the key can leave psql's restricted mode from inside a dump.
  { long: 'restrict-key', why: own },
  { long: 'snapshot', why: own },
  { long: 'use-list', short: 'L', why: own },
  { long: 'username', short: 'U', why: own },
]

/** The letters that take a value, of every major from 10 on. */
const valued: Readonly<Record<Tool, string>> = {
  pg_dump: 'dEeFfhjNnpSTtUZ',
  pg_restore: 'dFfhIjLNnPpSTtU',
}

/** Why a user may not give this argument, as the end of a sentence about it; null where it may be given. */
export function whyReserved(tool: Tool, argument: string): string | null {
  return argument.startsWith('--') ? longReserved(argument) : shortReserved(tool, argument)
}

function longReserved(argument: string): string | null {
  // Behind "--" our own arguments would not be read as such.
  if (/^--(?:=|$)/.test(argument)) return noOption
  return reserved.find(({ long }) => isOption(argument, long))?.why ?? null
}

/** Whether the argument is the long option. That may be cut short; what has several meanings, the tools refuse. */
export function isOption(argument: string, long: string): boolean {
  const name = /^--([^=]+)/.exec(argument)?.[1]
  if (name === undefined) return false
  // That which others begin with is taken for itself.
  return name === 'schema' ? long === name : long.startsWith(name)
}

function shortReserved(tool: Tool, argument: string): string | null {
  const letters = lettersOf(tool, argument)
  const last = letters.at(-1)
  if (last === undefined) return noOption
  const found = reserved.find(({ short }) => short !== undefined && letters.includes(short))
  if (found !== undefined) return found.why
  const hasValue = letters.join('') !== argument.slice(1)
  return hasValue || !valued[tool].includes(last)
    ? null
    : 'needs its value behind it, in the same line'
}

/** Short options may stand together; the first that takes a value takes all that is behind it, or the next argument. */
export function lettersOf(tool: Tool, argument: string): string[] {
  const letters = Array.from(argument.slice(1))
  const first = letters.findIndex((letter) => valued[tool].includes(letter))
  return first < 0 ? letters : letters.slice(0, first + 1)
}
