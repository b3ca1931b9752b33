/** A source and a target for the tests of the checks, and the options that a run would have. */
import { tmpdir } from 'node:os'
import { runChecks, type CheckOptions } from '../../../src/check/index.js'
import { silentLog } from '../../../src/log.js'
import type { Finding } from '../../../src/report/report.js'
import type { Server } from '../../../src/server/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  type TestServer,
} from '../../support/servers.js'

export interface Pair {
  readonly sourceServer: TestServer
  readonly targetServer: TestServer
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

/** What the checks find when those databases would be moved. */
export function findingsIn(
  { source, target }: Pick<Pair, 'source' | 'target'>,
  databases: readonly string[],
  changes: Partial<CheckOptions> = {},
): Promise<Finding[]> {
  return runChecks({
    source,
    target,
    databases,
    existingDatabase: 'refuse',
    method: 'stream',
    jobs: 2,
    dumpDirectory: tmpdir(),
    roles: 'auto',
    freezeSource: false,
    log: silentLog,
    signal: new AbortController().signal,
    ...changes,
  })
}

/** The same without what the server holds beside the databases: other tests change that on a shared server. */
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
  const findings = await findingsIn(pair, [database], changes)
  return findings.filter((finding) => finding.check === check)
}
