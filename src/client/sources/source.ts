/** The shape that every source of client tools has. */
import type { Log } from '../../log.js'
import type { Host } from '../host.js'
import type { TrustedKey } from '../pgdg-key.js'
import type { Marker } from '../tool-cache.js'
import type { ClientSource } from '../tools.js'

/** What the search is for, and what it may use. */
export interface SourceRequest {
  /** The wanted major: exactly this one. */
  readonly major: number
  readonly host: Host
  /** RUNNER_TOOL_CACHE, or a folder in its place. */
  readonly toolCache: string
  /** A folder for what is needed only until the tools are there. */
  readonly temporary: string
  /** The `client-repository` input: a mirror of the PostgreSQL project's repository. */
  readonly repository: string | undefined
  /** What has to have signed that repository. */
  readonly trustedKey: TrustedKey
  readonly log: Log
  readonly signal: AbortSignal
}

/** Tools that look right, and have yet to be proven. */
export interface FoundTools {
  /** The folder of the five programs. */
  readonly directory: string
  /** What the programs need in their environment to run. */
  readonly environment: Readonly<Record<string, string>>
  /** Where they come from, in a few words: `Debian's suite trixie`. */
  readonly origin: string
  /** Their entry in the tool cache, when they have only just been fetched. */
  readonly fetched?: Marker | undefined
}

export interface SearchResult {
  /** In the order in which they should be proven. */
  readonly candidates: readonly FoundTools[]
  /** A few words on why there are none; empty when there are. */
  readonly reason: string
}

/** One place that client tools may come from. */
export interface ToolSource {
  readonly name: ClientSource
  /**
   * Looks there, and fetches when that is what it takes. What was to be expected (another system, no such major)
   * is a result without candidates; a download or a signature that failed throws an `UpgradeError`.
   */
  readonly find: (request: SourceRequest) => Promise<SearchResult>
}

/** The answer of a source that has nothing. */
export function notFound(reason: string): SearchResult {
  return { candidates: [], reason }
}

/** The answer of a source that has tools. */
export function found(...candidates: readonly FoundTools[]): SearchResult {
  return { candidates, reason: '' }
}
