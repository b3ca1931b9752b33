/** Explains what the tools and the servers print: cause, remedy, and which errors follow from which. */
import { messageOf, ProgramError, UpgradeError, type Side } from '../errors.js'
import { whyHarmless } from './harmless-errors.js'
import { explainError, type Explanation } from './known-errors.js'
import { readToolErrors, type ToolError } from './tool-errors.js'

/** One error, or several alike, that is not the consequence of another. */
export interface ExplainedError {
  /** In the words of the server or the tool. */
  readonly message: string
  /** The server's detail, hint and context; empty where it gave none. */
  readonly details: string
  /** The statement that failed, on one line; empty where it is not known. */
  readonly statement: string
  readonly harmless: boolean
  /** Why it is harmless; absent otherwise. */
  readonly why?: string | undefined
  /** Absent where nothing is known of it. */
  readonly explanation?: Explanation | undefined
  /** How many errors say the same. */
  readonly count: number
  /** Errors that would not have been without this one. */
  readonly consequences: readonly string[]
}

/** Reads the stderr of a tool that worked on `side`. Every error that it printed is in the result: as a cause, or among the consequences of one. */
export function explainErrors(lines: readonly string[], side?: Side): ExplainedError[] {
  const roots: Root[] = []
  for (const error of readToolErrors(lines)) {
    const why = whyHarmless(error)
    const cause = why === undefined ? roots.find((root) => isConsequence(error, root)) : undefined
    if (cause !== undefined) {
      cause.consequences.push(error.message)
      cause.missing.push(...missingAfter(error))
      continue
    }
    const same = roots.find((root) => root.error.message === error.message && root.why === why)
    if (same === undefined) {
      const missing = why === undefined ? missingAfter(error) : []
      roots.push({ error, why, count: 1, missing, consequences: [] })
    } else {
      same.count += 1
      same.missing.push(...(why === undefined ? missingAfter(error) : []))
    }
  }
  return roots.map(({ error, why, count, consequences }) => ({
    message: error.message,
    details: [error.detail, error.hint, error.context].filter((text) => text !== '').join(' '),
    statement: error.statement,
    harmless: why !== undefined,
    why,
    explanation: explainError(error, side),
    count,
    consequences,
  }))
}

/**
 * What is known of an error that stopped something: of the first error in a tool's output that is known, or of
 * the server's own message, wherever in the chain of causes it stands.
 */
export function explainFailure(error: unknown, side?: Side): Explanation | undefined {
  const said = error instanceof UpgradeError ? (error.side ?? side) : side
  if (error instanceof ProgramError) {
    const explained = explainErrors(error.output, said).find(({ explanation }) => explanation)
    if (explained !== undefined) return explained.explanation
  }
  // Of several, each has words of its own.
  if (error instanceof AggregateError) {
    return error.errors.map((each) => explainFailure(each, said)).find((known) => known)
  }
  // Our own words about this machine are no server's and no tool's, though they may quote a command that speaks as those do.
  const isOurs = said === 'runner' && !(error instanceof ProgramError)
  const explanation = isOurs ? undefined : explainError(partsOf(error), said)
  if (explanation !== undefined || !(error instanceof Error)) return explanation
  return error.cause === undefined ? undefined : explainFailure(error.cause, said)
}

/** The driver keeps what a server says beside its message, the context as `where`; of an error of ours the message is all. */
function partsOf(error: unknown): ToolError {
  const parts = new Map<string, unknown>(
    error instanceof UpgradeError ? [] : Object.entries(error ?? {}),
  )
  const text = (part: string) => {
    const said = parts.get(part)
    return typeof said === 'string' ? said.replaceAll('\n', ' ') : ''
  }
  return {
    message: messageOf(error),
    detail: text('detail'),
    hint: text('hint'),
    context: text('where'),
    statement: '',
  }
}

/** An explanation in one text, for a hint. */
export function hintOf({ cause, remedy, heading }: Explanation): string {
  return `${cause} ${remedy}\nSee docs/troubleshooting.md#${heading}.`
}

interface Root {
  readonly error: ToolError
  readonly why: string | undefined
  count: number
  /** Names of what is not there because of it, without schemas and quotes. */
  readonly missing: string[]
  readonly consequences: string[]
}

const created =
  /^CREATE (?:OR REPLACE )?(?:GLOBAL |LOCAL |TEMP(?:ORARY)? |UNLOGGED |TRUSTED |PROCEDURAL |UNIQUE |CONSTRAINT )*(SCHEMA|EXTENSION|EVENT TRIGGER|TYPE|DOMAIN|TABLE|FOREIGN TABLE|VIEW|MATERIALIZED VIEW|SEQUENCE|FUNCTION|PROCEDURE|AGGREGATE|LANGUAGE|SERVER|FOREIGN DATA WRAPPER|COLLATION|PUBLICATION|SUBSCRIPTION|OPERATOR|INDEX|TEXT SEARCH \w+)\s+(?:IF NOT EXISTS )?((?:"(?:[^"]|"")*"|[^\s(.;])+(?:\.(?:"(?:[^"]|"")*"|[^\s(.;])+)*)/i

/** The object that a failed statement would have created, and what comes with it. */
function missingAfter({ statement }: ToolError): string[] {
  const match = created.exec(statement)
  const [, kind = '', name = ''] = match ?? []
  const bare = lastPart(name)
  if (bare === '') return []
  return kind.toUpperCase() === 'EXTENSION' ? [bare, ...(brought.get(bare) ?? [])] : [bare]
}

/** Names that well-known extensions bring; what the names start with is enough. */
const brought: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<readonly string[]>({
    citext: ['citext'],
    cube: ['cube'],
    hstore: ['hstore', 'gin_hstore_ops', 'gist_hstore_ops'],
    ltree: ['ltree', 'lquery', 'ltxtquery'],
    pg_trgm: ['gin_trgm_ops', 'gist_trgm_ops', 'similarity', 'word_similarity', 'show_trgm'],
    pgcrypto: ['crypt', 'gen_salt', 'digest', 'hmac', 'gen_random_bytes', 'gen_random_uuid'],
    postgis: ['geometry', 'geography', 'box2d', 'box3d', 'spatial_ref_sys', 'st_*', 'postgis*'],
    postgres_fdw: ['postgres_fdw'],
    unaccent: ['unaccent'],
    'uuid-ossp': ['uuid_generate_v*', 'uuid_nil'],
    vector: ['vector', 'halfvec', 'sparsevec', 'ivfflat', 'hnsw'],
  }),
)

const kinds = [
  'access method',
  'aggregate',
  'collation',
  'data type',
  'event trigger',
  'extension',
  'foreign-data wrapper',
  'function',
  'index',
  'language',
  'operator class',
  'operator',
  'procedure',
  'publication',
  'relation',
  'schema',
  'sequence',
  'server',
  'subscription',
  'table',
  'text search \\w+',
  'type',
  'view',
]
/** Servers put a name in quotes without doubling those inside, with the schema inside the quotes. */
const absent = new RegExp(
  `^(?:${kinds.join('|')}) (?:"(.+?)"|([^\\s(]+)(?![^\\s(]).*?) does not exist`,
  's',
)

/** True when the error only says that something is missing which an earlier error kept from being created. */
function isConsequence({ message }: ToolError, { missing }: Root): boolean {
  const match = absent.exec(message)
  const name = (match?.[1] ?? match?.[2] ?? '').replace(/\[\]$/, '')
  return name !== '' && missing.some((lost) => fits(lost, name))
}

function fits(lost: string, name: string): boolean {
  if (lost.endsWith('*')) return (name.split('.').at(-1) ?? '').startsWith(lost.slice(0, -1))
  return name === lost || name.endsWith(`.${lost}`)
}

/** `"app"."T"` and `app.T` name T. */
function lastPart(name: string): string {
  const parts = name.match(/"(?:[^"]|"")*"|[^."]+/g) ?? []
  return (parts.at(-1) ?? '').replace(/^"|"$/g, '').replaceAll('""', '"')
}
