/** Fills materialized views that are in a database of their own, with everything that the run would hand over. */
import { silentLog } from '../../../src/log.js'
import type { Finding } from '../../../src/report/report.js'
import { withScheduler } from '../../../src/transfer/copy/scheduler.js'
import { fillViews } from '../../../src/transfer/views/fill-views.js'
import type { ListEntry } from '../../../src/transfer/tools/restore-list.js'
import { createDatabase, openTestServer, runSql, sharedServer } from '../../support/servers.js'

export interface Emptied {
  readonly name: string
  /** The body of its query. */
  readonly reads: string
  /** Names of views before it. */
  readonly dependsOn?: readonly string[]
}

/** Fills views of one server's database, which another of it has as well, unless they are left out there. */
export async function fill(
  views: readonly Emptied[],
  {
    jobs,
    before = '',
    after = '',
    leftOut = '',
    major = 17,
    port,
    whileFilling = () => Promise.resolve(),
  }: {
    jobs: number
    before?: string
    after?: string
    leftOut?: string
    major?: number
    /** Of something in between, by which the target is reached. */
    port?: number
    /** Called in the meantime, with the database that is filled. */
    whileFilling?: (into: string) => Promise<void>
  },
) {
  const testServer = await sharedServer(major)
  const [database, into] = [await createDatabase(testServer), await createDatabase(testServer)]
  const create = (all: readonly Emptied[]) =>
    [
      before,
      ...all.map(({ name, reads }) => `create materialized view ${name} as ${reads} with no data`),
      after,
    ].join(';')
  const rows = await runSql<{ oid: string }>(
    testServer,
    database,
    `${create(views)}; select oid::text from pg_class where relkind = 'm' order by oid`,
  )
  await runSql(testServer, into, create(views.filter(({ name }) => name !== leftOut)))
  const ids = new Map(views.map(({ name }, index) => [name, index + 1]))
  const entries = views.map(({ name, dependsOn = [] }, index): ListEntry => ({
    dumpId: index + 1,
    catalog: '0',
    oid: rows[index]?.oid ?? '',
    text: `MATERIALIZED VIEW DATA public ${name} postgres`,
    dependsOn: dependsOn.map((each) => ids.get(each) ?? 0),
  }))
  const { signal } = new AbortController()
  const source = await openTestServer(testServer, 'source')
  const target = await openTestServer({ ...testServer, port: port ?? testServer.port }, 'target')
  const told: string[] = []
  const findings: Finding[] = []
  const warnings: string[] = []
  let error: unknown
  const meanwhile = whileFilling(into)
  await source.withSession(database, (reader) =>
    withScheduler(jobs, signal, (scheduler) =>
      fillViews(
        {
          reader,
          scheduler,
          source,
          database,
          target,
          stagingDatabase: into,
          signal,
          log: { ...silentLog, warning: (line: string) => warnings.push(line) },
          onStep(step) {
            told.push(step)
            return () => told.push(`${step}: over`)
          },
          finding: (finding) => findings.push(finding),
        },
        entries,
      ).catch((failure: unknown) => {
        error = failure
      }),
    ),
  )
  await meanwhile
  const query = (sql: string) => runSql(testServer, into, sql)
  return { told, findings, warnings, error, query }
}
