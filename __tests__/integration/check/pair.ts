/** A source and a target for the tests of the checks, and the options that a run would have. */
import { tmpdir } from 'node:os'
import { checks } from '../../../src/check/all.js'
import { runChecks, type CheckFinding, type CheckOptions } from '../../../src/check/index.js'
import { silentLog } from '../../../src/log.js'
import type { Finding } from '../../../src/report/report.js'
import type { Server } from '../../../src/server/index.js'
import { createDatabase, openTestServer, runSql, sharedServer } from '../../support/servers.js'
import { remedies } from '../../unit/check/remedies.js'
import { paste, type PasteOptions, type Sides } from './remedy.js'

export interface Pair extends Sides {
  readonly source: Server
  readonly target: Server
}

/** The shared servers of two majors, connected to as the superuser. */
export async function openPair(sourceMajor: number, targetMajor: number): Promise<Pair> {
  const sourceServer = await sharedServer(sourceMajor)
  const targetServer = await sharedServer(targetMajor)
  return {
    sourceServer,
    targetServer,
    source: await openTestServer(sourceServer, 'source'),
    target: await openTestServer(targetServer, 'target'),
  }
}

/** Fails where a remedy holds statements of which the list of remedies does not know. */
function isListed({ check, remedy = '' }: Finding): boolean {
  const holdsStatements = /;$/m.test(remedy)
  if (holdsStatements && 'words' in remedies[check]) {
    throw new Error(`No test pastes what ${check} prints: ${remedy}`)
  }
  return true
}

/** Fails where a remedy is said to be run in the database, and says itself that it is for the target, which has none of that name yet. */
function placed({ remedyInDatabase, ...finding }: CheckFinding): Finding {
  if (remedyInDatabase && (finding.remedy ?? '').startsWith('-- on the target')) {
    throw new Error(
      `${finding.check} has to say that this is not run in the database: ${finding.remedy}`,
    )
  }
  return finding
}

/** What the checks find when those databases would be moved; those of the names alone, where names are given. */
export async function findingsIn(
  { source, target }: Pick<Pair, 'source' | 'target'>,
  databases: readonly string[],
  changes: Partial<CheckOptions> = {},
  names?: ReadonlySet<string>,
): Promise<Finding[]> {
  const options: CheckOptions = {
    source,
    target,
    databases,
    existingDatabase: 'refuse',
    isPublished: true,
    method: 'stream',
    jobs: 2,
    dumpDirectory: tmpdir(),
    roles: 'auto',
    freezeSource: false,
    log: silentLog,
    signal: new AbortController().signal,
    ...changes,
  }
  const chosen = checks.filter(({ name }) => names?.has(name) ?? true)
  if (chosen.length === 0) throw new Error('No check has one of the names.')
  return (await runChecks(options, chosen)).map(placed).filter(isListed)
}

/** The findings of one check, when those databases would be moved. */
export async function findingsOfCheck(
  pair: Pick<Pair, 'source' | 'target'>,
  check: string,
  databases: readonly string[],
  changes: Partial<CheckOptions> = {},
): Promise<Finding[]> {
  const findings = await findingsIn(pair, databases, changes, new Set([check]))
  const failed = findings.find((finding) => finding.object === check)
  if (failed?.check === 'check-failed') throw new Error(failed.message)
  // A database that lets nobody in is told of by itself.
  return findings.filter((finding) => finding.check === check)
}

/** What all checks find, without what the server holds beside the databases: other tests change that on a shared server. */
export async function findingsInDatabases(
  ...parameters: Parameters<typeof findingsIn>
): Promise<Finding[]> {
  return (await findingsIn(...parameters)).filter(({ database }) => database !== undefined)
}

/** The findings of one check in a new database of the source that was filled by `sql`. */
export async function findingsAfter(
  pair: Pair,
  check: string,
  sql: string,
  changes: Partial<CheckOptions> = {},
): Promise<Finding[]> {
  const database = await createDatabase(pair.sourceServer, 'check')
  if (sql !== '') await runSql(pair.sourceServer, database, sql)
  return findingsOfCheck(pair, check, [database], changes)
}

/** What the checks still say in the place of those findings once the remedy of each has been pasted as it is printed. */
export async function findingsAfterRemedies(
  pair: Pair,
  findings: readonly Finding[],
  { changes, ...options }: PasteOptions & { readonly changes?: Partial<CheckOptions> } = {},
): Promise<Finding[]> {
  if (findings.length === 0) throw new Error('There is no finding, and so no remedy to try.')
  for (const finding of findings) await paste(pair, finding, options)
  const names = new Set(findings.flatMap(({ database }) => database ?? []))
  const checkNames = new Set(findings.map(({ check }) => check))
  const left = await findingsIn(pair, [...names], changes, checkNames)
  return left.filter(({ check, object }) =>
    findings.some((finding) => finding.check === check && finding.object === object),
  )
}
