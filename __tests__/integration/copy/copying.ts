/** Moves one database between two test servers by the method `copy`, with everything that the run would hand it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareClientTools } from '../../../src/client/index.js'
import { silentLog } from '../../../src/log.js'
import type { Finding, Span } from '../../../src/report/report.js'
import { exportSnapshot, type ServerSide } from '../../../src/server/index.js'
import { copyDatabase } from '../../../src/transfer/copy/index.js'
import type { Transfer, TransferOptions } from '../../../src/transfer/transfer.js'
import { cacheFolder } from '../../support/server-binaries.js'
import { createDatabase, openTestServer, runSql, type TestServer } from '../../support/servers.js'

export interface Copied {
  /** The database on the target. */
  readonly database: string
  readonly findings: readonly Finding[]
  readonly spans: readonly Span[]
  /** What was logged, without the levels. */
  readonly lines: readonly string[]
  readonly error: unknown
}

export interface CopyOptions extends Partial<
  Pick<TransferOptions, 'jobs' | 'pgDumpArguments' | 'pgRestoreArguments' | 'onBytes'>
> {
  /** The database on the target, which is otherwise made for the test. */
  readonly into?: string
  readonly signal?: AbortSignal
  /** Called once the snapshot has been taken. */
  readonly onSnapshot?: () => Promise<void>
  /** The sides that are reached with TLS; otherwise none is. */
  readonly encrypted?: readonly ServerSide[]
  /** Another method, to compare with. */
  readonly transfer?: Transfer
}

/** Client tools of one major, fetched once for all runs. */
export function toolsOf(major: number) {
  return prepareClientTools({
    major,
    source: 'auto',
    toolCache: join(cacheFolder(), 'tool-cache'),
    log: silentLog,
    signal: new AbortController().signal,
  })
}

/** Returns what happened; an error of the move is part of it. */
export async function copy(
  from: TestServer,
  to: TestServer,
  database: string,
  options: CopyOptions = {},
): Promise<Copied> {
  const signal = options.signal ?? new AbortController().signal
  const folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-copy-'))
  const open = (server: TestServer, side: ServerSide) => {
    const sslmode = options.encrypted?.includes(side) === true ? 'require' : 'disable'
    return openTestServer(server, side, { sslmode }, signal)
  }
  const [source, target, tools] = await Promise.all([
    open(from, 'source'),
    open(to, 'target'),
    toolsOf(to.major),
  ])
  const passwordFile = async (server: TestServer) => {
    const file = join(folder, `password-${server.port}`)
    await writeFile(file, `*:*:*:*:${server.password}\n`, { mode: 0o600 })
    return file
  }
  const into = options.into ?? (await createDatabase(to, 'copied'))
  const findings: Finding[] = []
  const spans: Span[] = []
  const lines: string[] = []
  const keep = (line: string) => lines.push(line)
  const snapshot = await exportSnapshot(source, database)
  let error: unknown
  try {
    await options.onSnapshot?.()
    await (options.transfer ?? copyDatabase)({
      tools,
      workDirectory: folder,
      logDirectory: folder,
      signal,
      onChild: () => undefined,
      foreignSides: new Set(),
      source,
      target,
      database,
      stagingDatabase: into,
      stagingSettings: [],
      async renewStaging() {
        await runSql(to, 'postgres', `drop database ${into} with (force)`)
        await runSql(to, 'postgres', `create database ${into} template template0`)
      },
      snapshot,
      jobs: options.jobs ?? 2,
      dumpDirectory: folder,
      passwordFiles: { source: await passwordFile(from), target: await passwordFile(to) },
      pgDumpArguments: options.pgDumpArguments ?? [],
      pgRestoreArguments: options.pgRestoreArguments ?? [],
      log: { ...silentLog, info: keep, notice: keep, warning: keep, error: keep },
      phase: (_name, _side, work) => work(),
      span: (span) => spans.push(span),
      finding: (finding) => findings.push(finding),
      onBytes: options.onBytes ?? (() => undefined),
      onActivity: () => undefined,
      onStep: () => () => undefined,
    })
  } catch (failure) {
    error = failure
  } finally {
    await snapshot.release()
    await rm(folder, { recursive: true, force: true })
  }
  return { database: into, findings, spans, lines, error }
}
