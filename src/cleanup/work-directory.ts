/** The private folder of one run: password files, the journal, and nothing that outlives the run. */
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, UpgradeError } from '../errors.js'
import { makeFolder } from '../folders.js'
import type { KeptCertificates, ServerSide } from '../server/index.js'

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

/** libpq's keywords that name files. */
const certificateFiles = {
  sslrootcert: 'root.crt',
  sslcert: 'client.crt',
  sslkey: 'client.key',
} as const
export type CertificateKeyword = keyof typeof certificateFiles

/**
 * Writes a certificate or key to a file of the run's own: libpq takes them only from files, a relative path not from where we do,
 * and a key only from a file that nobody else may read.
 */
export async function writeCertificate(
  directory: string,
  side: ServerSide,
  keyword: CertificateKeyword,
  content: string | Buffer,
): Promise<string> {
  const file = certificateFile(directory, side, keyword)
  await writeFile(file, content, { mode: 0o600, flag: 'wx' })
  return file
}

/** What a run has kept for a side of the files that its inputs name; undefined is what it has not. */
export function keptCertificates(directory: string, side: ServerSide): KeptCertificates {
  const kept = (keyword: CertificateKeyword) => {
    const file = certificateFile(directory, side, keyword)
    return existsSync(file) ? file : undefined
  }
  const root = kept('sslrootcert')
  return {
    sslrootcertPem: root === undefined ? undefined : readFileSync(root, 'utf8'),
    sslcert: kept('sslcert'),
    sslkey: kept('sslkey'),
  }
}

function certificateFile(directory: string, side: ServerSide, keyword: CertificateKeyword): string {
  return join(directory, `${side}-${certificateFiles[keyword]}`)
}
