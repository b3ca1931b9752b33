/** The contenders: every method of the action, and pgcopydb where it is installed. */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClientTools } from '../../src/client/tools.js'
import { silentLog } from '../../src/log.js'
import { exportSnapshot, type Server } from '../../src/server/index.js'
import { transfers } from '../../src/transfer/index.js'
import type { TestServer } from '../../__tests__/support/servers.js'

export interface Place {
  readonly test: TestServer
  readonly server: Server
}

export interface Race {
  readonly source: Place
  readonly target: Place
  readonly tools: ClientTools
  readonly jobs: number
}

export interface Contender {
  readonly name: string
  /** Moves a database into an empty one of the same name. */
  readonly run: (race: Race, database: string) => Promise<void>
}

const methods = ['plain', 'custom', 'stream', 'parallel', 'copy'] as const

/** `pgcopydb`: the program, or undefined where there is none. */
export function contenders(pgcopydb: string | undefined): Contender[] {
  const ours = methods.map((name) => ({
    name,
    run: (race: Race, database: string) => runMethod(race, database, name),
  }))
  if (pgcopydb === undefined) return ours
  return [
    ...ours,
    { name: 'pgcopydb', run: (race, database) => runPgcopydb(race, database, pgcopydb) },
  ]
}

async function runMethod(
  { source, target, tools, jobs }: Race,
  database: string,
  name: (typeof methods)[number],
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-bench-'))
  const passwordFile = async ({ test }: Place) => {
    const file = join(folder, `password-${test.port}`)
    await writeFile(file, `*:*:*:*:${test.password}\n`, { mode: 0o600 })
    return file
  }
  const snapshot = await exportSnapshot(source.server, database)
  try {
    await transfers[name]({
      tools,
      workDirectory: folder,
      logDirectory: folder,
      signal: new AbortController().signal,
      onChild: () => undefined,
      source: source.server,
      target: target.server,
      database,
      stagingDatabase: database,
      snapshot,
      jobs,
      dumpDirectory: folder,
      passwordFiles: { source: await passwordFile(source), target: await passwordFile(target) },
      pgDumpArguments: [],
      pgRestoreArguments: [],
      log: silentLog,
      phase: (_name, _side, work) => work(),
      span: () => undefined,
      finding: () => undefined,
      onBytes: () => undefined,
      onActivity: () => undefined,
    })
  } finally {
    await snapshot.release()
    await rm(folder, { recursive: true, force: true })
  }
}

/** With the options that made it fastest here, and without the VACUUM that no other method runs. */
async function runPgcopydb(
  { source, target, tools, jobs }: Race,
  database: string,
  program: string,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-bench-'))
  await mkdir(join(folder, 'home'))
  const child = spawn(
    program,
    [
      'clone',
      `--table-jobs=${jobs}`,
      `--index-jobs=${jobs}`,
      `--restore-jobs=${jobs}`,
      '--use-copy-binary',
      '--skip-vacuum',
      `--dir=${join(folder, 'work')}`,
    ],
    {
      env: {
        ...tools.environment,
        PATH: `${tools.directory}:/usr/bin:/bin`,
        HOME: join(folder, 'home'),
        LC_ALL: 'C',
        PGSSLMODE: 'disable',
        PGCOPYDB_SOURCE_PGURI: source.test.url(database),
        PGCOPYDB_TARGET_PGURI: target.test.url(database),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000)
    })
  }
  const exitCode = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  await rm(folder, { recursive: true, force: true })
  if (exitCode !== 0) throw new Error(`pgcopydb ended with ${String(exitCode)}:\n${output}`)
}
