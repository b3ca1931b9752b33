/** Moves one database as people do by hand: pg_dump of the target's major into a file, pg_restore from it. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { prepareClientTools } from '../../src/client/index.js'
import { silentLog } from '../../src/log.js'
import { cacheFolder } from './server-binaries.js'
import { createDatabase, type TestServer } from './servers.js'

const run = promisify(execFile)

/** Returns the name of the new database on the target. Fails when one object could not be restored. */
export async function dumpAndRestore(
  source: TestServer,
  database: string,
  target: TestServer,
): Promise<string> {
  const tools = await prepareClientTools({
    major: target.major,
    source: 'auto',
    toolCache: join(cacheFolder(), 'tool-cache'),
    log: silentLog,
    signal: new AbortController().signal,
  })
  const folder = await mkdtemp(join(tmpdir(), 'dump-and-restore-'))
  const options = { env: { ...tools.environment, LC_ALL: 'C', PGSSLMODE: 'disable' } }
  const file = join(folder, 'dump')
  try {
    const restored = await createDatabase(target, 'restored')
    const from = `--dbname=${source.url(database)}`
    await run(
      tools.path('pg_dump'),
      ['-Fc', '-Z0', '--quote-all-identifiers', `--file=${file}`, from],
      options,
    )
    const into = `--dbname=${target.url(restored)}`
    await run(tools.path('pg_restore'), ['--exit-on-error', into, file], options)
    return restored
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
