/** The private folder of one run: password files, the journal, and nothing that outlives the run. */
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, UpgradeError } from '../errors.js'
import { makeFolder } from '../folders.js'
import type { ServerSide } from '../server/index.js'

export interface WorkDirectory {
  readonly path: string
  readonly journalFile: string
}

export const journalName = 'journal.json'

/** Creates the folder in the temporary one, readable by its owner alone. */
export async function createWorkDirectory(temporary: string): Promise<WorkDirectory> {
  try {
    await makeFolder(temporary)
    const path = await mkdtemp(join(temporary, 'upgrade-postgres-'))
    await chmod(path, 0o700)
    return { path, journalFile: join(path, journalName) }
  } catch (error) {
    throw new UpgradeError(
      `${temporary} cannot be used as the folder for temporary files: ${messageOf(error)}.`,
      {
        code: 'temporary-folder',
        side: 'runner',
        hint: 'Point RUNNER_TEMP (on a runner) or TMPDIR (elsewhere) to a folder that this user may make and write to, and run again.',
        cause: error,
      },
    )
  }
}

/**
 * Writes a libpq password file (manual section 34.16) that gives one password for whatever is asked:
 * each server has a file of its own, so host and user need not be told apart.
 */
export async function writePasswordFile(
  directory: string,
  name: string,
  password: string | undefined,
): Promise<string> {
  const file = join(directory, name)
  const escaped = (password ?? '').replace(/[\\:]/g, '\\$&')
  const content = password === undefined ? '' : `*:*:*:*:${escaped}\n`
  await writeFile(file, content, { mode: 0o600, flag: 'wx' })
  return file
}

/** Writes PEM text to a file, because libpq takes certificates only from files. */
export async function writeCertificate(
  directory: string,
  side: ServerSide,
  pem: string,
): Promise<string> {
  const file = certificateFile(directory, side)
  await writeFile(file, pem, { mode: 0o600, flag: 'wx' })
  return file
}

/** Writes the client's key without its passphrase, which libpq takes from nothing but its arguments, where anybody could read it. */
export async function writeClientKey(
  directory: string,
  side: ServerSide,
  pem: string,
): Promise<string> {
  const file = join(directory, `${side}-client.key`)
  await writeFile(file, pem, { mode: 0o600, flag: 'wx' })
  return file
}

/** The root certificate that a run has written there for a side; undefined where it has written none. */
export function readCertificate(directory: string, side: ServerSide): string | undefined {
  const file = certificateFile(directory, side)
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function certificateFile(directory: string, side: ServerSide): string {
  return join(directory, `${side}-root.crt`)
}
