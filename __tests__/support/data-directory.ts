/** The data folders of test servers: initdb makes one of each kind in a run of jest, and the others are copies of it. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { oncePerRun, sharedFolder } from './once-per-run.js'
import { createServerFolder } from './server-folder.js'
import type { Installation } from './server-installation.js'

const run = promisify(execFile)

export interface DataOptions {
  /** `C.UTF-8`, and where the host has none `C`. */
  readonly locale?: string
  /** `UTF8`. */
  readonly encoding?: string
}

interface DataDirectory {
  readonly path: string
  /** Of its superuser, `postgres`. */
  readonly password: string
}

/** Makes the folder `data` in that one. Copies have the system identifier of their kind: initdb takes ten times as long. */
export async function createDataDirectory(
  installation: Installation,
  folder: string,
  options: DataOptions,
): Promise<DataDirectory> {
  const shared = sharedFolder()
  if (shared === undefined) return initialise(installation, folder, options)
  const { encoding = 'UTF8', locale = 'default' } = options
  const kind = `data-${installation.major}-${encoding}-${locale}`
  const original = await oncePerRun(shared, kind, async () =>
    initialise(installation, await createServerFolder(installation.identity), options),
  )
  const path = join(folder, 'data')
  await run('cp', ['-a', original.path, path])
  return { ...original, path }
}

async function initialise(
  { bin, environment, identity }: Installation,
  folder: string,
  { encoding = 'UTF8', locale }: DataOptions,
): Promise<DataDirectory> {
  const path = join(folder, 'data')
  const password = randomBytes(12).toString('hex')
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  if (identity !== undefined) await chown(passwordFile, identity.uid, identity.gid)
  const initdb = (name: string) =>
    run(
      join(bin, 'initdb'),
      [
        `--pgdata=${path}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        `--encoding=${encoding}`,
        `--locale=${name}`,
        '--no-sync',
      ],
      { cwd: folder, env: environment, ...identity },
    )
  if (locale !== undefined) await initdb(locale)
  else await initdb('C.UTF-8').catch(() => initdb('C'))
  return { path, password }
}
