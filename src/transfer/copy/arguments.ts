/** Which arguments for pg_dump and pg_restore the engine can honour: it dumps no rows with pg_dump, so it must know what they mean. */
import { isOption } from '../tools/reserved-arguments.js'

interface KnownArguments {
  readonly long: readonly string[]
  /** Single letters; those with a colon take a value. */
  readonly short: string
}

/** They change definitions, and nothing about which rows are moved. */
const forDump: KnownArguments = {
  long: [
    'encoding',
    'lock-wait-timeout',
    'no-comments',
    'no-owner',
    'no-privileges',
    'no-acl',
    'no-publications',
    'no-security-labels',
    'no-subscriptions',
    'no-table-access-method',
    'no-tablespaces',
    'no-toast-compression',
    'quote-all-identifiers',
    'verbose',
  ],
  short: 'E:Ovx',
}

const forRestore: KnownArguments = {
  long: [
    'no-comments',
    'no-owner',
    'no-privileges',
    'no-acl',
    'no-publications',
    'no-security-labels',
    'no-subscriptions',
    'no-table-access-method',
    'no-tablespaces',
    'verbose',
  ],
  short: 'Ovx',
}

export interface CopyRequest {
  readonly clientMajor: number
  readonly pgDumpArguments: readonly string[]
  readonly pgRestoreArguments: readonly string[]
}

/** The newest client tools whose archives the engine reads. */
const newestClientMajor = 18

/** What rules the method `copy` out, as the end of a sentence; null when nothing does. */
export function reasonAgainstCopy(request: CopyRequest): string | null {
  const argument = argumentAgainstCopy(request.pgDumpArguments, request.pgRestoreArguments)
  if (argument !== null) return `the argument ${argument}`
  return request.clientMajor > newestClientMajor
    ? `the client tools, whose archives may be new since ${newestClientMajor}`
    : null
}

/** The first argument that rules the method `copy` out; null when there is none. */
export function argumentAgainstCopy(
  pgDumpArguments: readonly string[],
  pgRestoreArguments: readonly string[],
): string | null {
  return unknownIn(pgDumpArguments, forDump) ?? unknownIn(pgRestoreArguments, forRestore)
}

function unknownIn(given: readonly string[], known: KnownArguments): string | null {
  for (let index = 0; index < given.length; index += 1) {
    const argument = given[index] ?? ''
    const meaning = readArgument(argument, known)
    if (meaning === 'unknown') return argument
    if (meaning === 'takes next') index += 1
  }
  return null
}

const valued = new Set(['encoding', 'lock-wait-timeout'])

function readArgument(argument: string, known: KnownArguments): 'known' | 'takes next' | 'unknown' {
  if (argument.startsWith('--')) {
    const [name = '', value] = argument.slice(2).split('=')
    if (!known.long.includes(name)) return 'unknown'
    return valued.has(name) && value === undefined ? 'takes next' : 'known'
  }
  const letters = /^-([a-zA-Z])(.*)$/.exec(argument)
  const [, letter = '', rest = ''] = letters ?? []
  const position = known.short.indexOf(letter)
  if (letters === null || position < 0) return 'unknown'
  if (known.short[position + 1] === ':') return rest === '' ? 'takes next' : 'known'
  return rest === '' ? 'known' : 'unknown'
}

/** The value of pg_dump's --encoding, the encoding that the rows are declared to have. */
export function givenEncoding(pgDumpArguments: readonly string[]): string | null {
  let found: string | null = null
  pgDumpArguments.forEach((argument, index) => {
    const inline = /^(?:--encoding=|-E)(.+)$/s.exec(argument)?.[1]
    const next = /^(?:--encoding|-E)$/.test(argument) ? pgDumpArguments[index + 1] : undefined
    found = inline ?? next ?? found
  })
  return found
}

/** Whether one of the spellings, the long ones also cut short, stands among the arguments of either tool. */
export function isGiven(
  options: {
    readonly pgDumpArguments: readonly string[]
    readonly pgRestoreArguments: readonly string[]
  },
  ...spellings: readonly string[]
): boolean {
  return [...options.pgDumpArguments, ...options.pgRestoreArguments].some((argument) =>
    spellings.some((spelling) =>
      spelling.startsWith('--')
        ? isOption(argument, spelling.slice('--'.length))
        : argument === spelling,
    ),
  )
}
