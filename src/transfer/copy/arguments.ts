/** Which arguments for pg_dump and pg_restore the engine can honour: it dumps no rows with pg_dump, so it must know what they mean. */
import { isOption } from '../tools/reserved-arguments.js'

interface KnownArguments {
  readonly long: readonly string[]
  readonly short: RegExp
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
  short: /^-(?:[Ovx]|E.+)$/s,
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
  short: /^-[Ovx]$/,
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

function unknownIn(given: readonly string[], { long, short }: KnownArguments): string | null {
  const isKnown = (argument: string) =>
    argument.startsWith('--')
      ? long.includes(argument.slice('--'.length).replace(/=.*$/s, ''))
      : short.test(argument)
  return given.find((argument) => !isKnown(argument)) ?? null
}

/** The value of pg_dump's --encoding, the encoding that the rows are declared to have. */
export function givenEncoding(pgDumpArguments: readonly string[]): string | null {
  const given = pgDumpArguments.map((argument) => /^(?:--encoding=|-E)(.+)$/s.exec(argument)?.[1])
  return given.findLast((encoding) => encoding !== undefined) ?? null
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
