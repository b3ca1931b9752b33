/** The peer: pgcopydb, with the options that make it fastest, and without the VACUUM and ANALYZE that no method runs here. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerAddress } from '../../__tests__/support/server-process.js'
import type { Heat } from './contenders.js'

/** The program that was named, or the one on PATH; null where there is none. */
export function findPgcopydb(named: string | undefined): string | null {
  if (named !== undefined && named !== '') return named
  try {
    return execFileSync('which', ['pgcopydb'], { encoding: 'utf8' }).trim()
  } catch {
    return null
  }
}

/** `0.18` */
export function pgcopydbVersion(program: string): string {
  const said = execFileSync(program, ['--version'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return /version (\d+\.\d+)/.exec(said)?.[1] ?? 'of an unknown version'
}

const keptOutput = 4000

/** Moves the database; fails when the program does. */
export async function runPgcopydb(heat: Heat, program: string): Promise<void> {
  const { jobs, tools, folder } = heat
  await mkdir(join(folder, 'home'))
  const child = spawn(
    program,
    [
      'clone',
      `--table-jobs=${jobs}`,
      `--index-jobs=${jobs}`,
      `--restore-jobs=${jobs}`,
      `--large-objects-jobs=${jobs}`,
      '--use-copy-binary',
      '--skip-vacuum',
      '--skip-analyze',
      `--dir=${join(folder, 'work')}`,
    ],
    {
      env: {
        ...tools.environment,
        PATH: `${tools.directory}:/usr/bin:/bin`,
        HOME: join(folder, 'home'),
        TMPDIR: folder,
        LC_ALL: 'C',
        PGSSLMODE: heat.sslmode,
        PGCOPYDB_SOURCE_PGURI: urlOf(heat.source, heat.database),
        PGCOPYDB_TARGET_PGURI: urlOf(heat.target, heat.targetDatabase),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-keptOutput)
    })
  }
  const exitCode = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (exitCode !== 0) throw new Error(`pgcopydb ended with ${String(exitCode)}:\n${output}`)
}

function urlOf({ user, password, host, port }: ServerAddress, database: string): string {
  return `postgresql://${user}:${password}@${host}:${port}/${database}`
}
