/** Gets the client tools of one major: walks the sources in order of cost and takes the first that prove themselves. */
import { tmpdir } from 'node:os'
import { CancelledError, limitHint, messageOf, UpgradeError } from '../errors.js'
import type { Log } from '../log.js'
import { saveTools } from './actions-cache.js'
import { readHost, type Host } from './host.js'
import { pgdgKey, type TrustedKey } from './pgdg-key.js'
import { programPath, proveTools } from './proof.js'
import { isSafePsql } from './safe-psql.js'
import { cache } from './sources/cache.js'
import { debian } from './sources/debian.js'
import { homebrew } from './sources/homebrew.js'
import { installed } from './sources/installed.js'
import { pgdg } from './sources/pgdg.js'
import type { FoundTools, SourceRequest, ToolSource } from './sources/source.js'
import { windows } from './sources/windows.js'
import type { ClientSource, ClientTools } from './tools.js'

export interface PrepareOptions {
  /** The wanted major: exactly this one. */
  readonly major: number
  readonly source: 'auto' | ClientSource
  /** The `client-repository` input. */
  readonly repository?: string | undefined
  /** What has to have signed the repository: the PostgreSQL project's key, unless a test brings its own. */
  readonly trustedKey?: TrustedKey | undefined
  /** RUNNER_TOOL_CACHE, or a folder in its place. */
  readonly toolCache: string
  /** A folder for what is needed only until the tools are there; the system's folder for temporary files. */
  readonly temporary?: string | undefined
  /** Passes over tools whose psql is open to CVE-2026-18408, as long as another source has better ones. */
  readonly wantsSafePsql?: boolean | undefined
  readonly log: Log
  readonly signal: AbortSignal
}

/** In order of cost. */
const sources: readonly ToolSource[] = [installed, cache(), pgdg, debian, homebrew, windows]

/**
 * Finds or fetches the client tools, and proves them by `--version`.
 * Throws `client-tools-not-found` when no source has them, and what the source says when there was only one to ask.
 */
export async function prepareClientTools(options: PrepareOptions): Promise<ClientTools> {
  const start = performance.now()
  const host = await readHost()
  const trustedKey = options.trustedKey ?? pgdgKey
  const temporary = options.temporary ?? tmpdir()
  const request = { ...options, host, temporary, trustedKey, repository: options.repository }
  const passedOver: string[] = []
  const hints = new Set<string>()
  let unsafe: { readonly source: ToolSource; readonly tools: ProvenTools } | undefined
  const take = async (source: ToolSource, found: ProvenTools): Promise<ClientTools> => {
    const tools = describe(found, source.name, passedOver, host, start)
    warnOfUnsafePsql(tools, options.log)
    if (found.fetched !== undefined) await saveTools(request, found.fetched)
    return tools
  }
  for (const source of sourcesFor(options.source)) {
    const answer = await tryOut(source, request, isOnlyChoice(source, options))
    if (answer.tools === undefined) {
      passedOver.push(`${source.name} (${answer.reason})`)
      if (answer.hint !== undefined) hints.add(answer.hint)
    } else if (options.wantsSafePsql === true && !isSafePsql(answer.tools.version)) {
      unsafe ??= { source, tools: answer.tools }
      passedOver.push(`${source.name} (psql ${answer.tools.version} is open to CVE-2026-18408)`)
    } else {
      return take(source, answer.tools)
    }
  }
  if (unsafe !== undefined) return take(unsafe.source, unsafe.tools)
  throw toolsNotFound(options.major, passedOver, [...hints])
}

/** `passedOver` says of each source why it has none. */
export function toolsNotFound(
  major: number,
  passedOver: readonly string[],
  hints: readonly string[],
): UpgradeError {
  const reasons = passedOver.join('; ')
  return new UpgradeError(
    `There are no client tools of PostgreSQL ${major} to be had: ${reasons}.`,
    {
      code: 'client-tools-not-found',
      side: 'runner',
      hint:
        limitHint(reasons) ??
        [
          ...hints,
          `Install postgresql-client-${major} before this step, or set client-repository to a mirror of the PostgreSQL project's repository that this machine can reach.`,
        ].join(' '),
    },
  )
}

/** The sources to ask; before one that fetches, what it fetched earlier. */
function sourcesFor(wanted: PrepareOptions['source']): readonly ToolSource[] {
  const chosen = sources.filter(({ name }) => wanted === 'auto' || name === wanted)
  const isFetched = wanted === 'debian' || wanted === 'pgdg'
  return isFetched ? [cache(wanted), ...chosen] : chosen
}

/** What was asked for by name has to work: a mirror that fails is not silently passed over. */
function isOnlyChoice({ name }: ToolSource, { source, repository }: PrepareOptions): boolean {
  return source !== 'auto' || (name === 'pgdg' && repository !== undefined && repository !== '')
}

type Answer =
  | { readonly tools: ProvenTools; readonly reason?: undefined }
  | {
      readonly tools?: undefined
      readonly reason: string
      /** What to do on this machine, so that the source has tools. */
      readonly hint?: string | undefined
    }

interface ProvenTools extends FoundTools {
  readonly version: string
  readonly major: number
}

/** Asks one source and proves what it has. Among several sources, one that fails is passed over. */
async function tryOut(
  source: ToolSource,
  request: SourceRequest,
  mustWork: boolean,
): Promise<Answer> {
  try {
    const { candidates, reason } = await source.find(request)
    const reasons: string[] = []
    for (const candidate of candidates) {
      const proof = await proveTools({
        directory: candidate.directory,
        environment: candidate.environment,
        platform: request.host.platform,
        signal: request.signal,
      })
      if (!proof.proven) reasons.push(proof.reason)
      else if (proof.major !== request.major) {
        reasons.push(`${candidate.directory} holds ${proof.version}`)
      } else return { tools: { ...candidate, version: proof.version, major: proof.major } }
    }
    return { reason: candidates.length === 0 ? reason : reasons.join(', ') }
  } catch (error) {
    if (error instanceof CancelledError || mustWork) throw error
    request.log.debug(`client-source ${source.name}: ${messageOf(error)}`)
    return { reason: messageOf(error), hint: isOfToolCache(error) ? error.hint : undefined }
  }
}

/** Whether it was the tool cache that failed, and not the source. */
function isOfToolCache(error: unknown): error is UpgradeError {
  return (
    error instanceof UpgradeError && ['client-tool-cache', 'client-unpack'].includes(error.code)
  )
}

function describe(
  found: ProvenTools,
  from: ClientSource,
  passedOver: readonly string[],
  host: Host,
  start: number,
): ClientTools {
  const rest = passedOver.length === 0 ? '' : `; passed over: ${passedOver.join('; ')}`
  return {
    version: found.version,
    major: found.major,
    from,
    why: `${found.origin}${rest}`,
    directory: found.directory,
    environment: found.environment,
    durationSeconds: (performance.now() - start) / 1000,
    path: (tool) => programPath(found.directory, tool, host.platform),
  }
}

function warnOfUnsafePsql({ major, version }: ClientTools, log: Log): void {
  if (isSafePsql(version)) return
  log.warning(
    `psql ${version} has a known hole (CVE-2026-18408): a hostile source server could run commands on this machine through a plain dump. The method "plain" is not used with it; a newer minor of PostgreSQL ${major} closes it, if there is one.`,
  )
}
