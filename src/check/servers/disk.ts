/** Room on disks: for the dump on this machine, and on the target where it can be known. */
import { stat } from 'node:fs/promises'
import prettyBytes from 'pretty-bytes'
import { freeBytesOf } from '../../folders.js'
import type { MethodName, Severity } from '../../report/report.js'
import type { Session } from '../../server/index.js'
import type { Found, ServerCheck, ServerContext } from '../check.js'
import { findKeptWal } from './kept-wal.js'

/** Sizes of the databases on the source in bytes, biggest first. */
export async function readSizes({ sourceSession, databases }: ServerContext): Promise<number[]> {
  const rows = await sourceSession.query<{ bytes: string }>(
    `select pg_catalog.pg_database_size(oid)::pg_catalog.text as bytes from pg_catalog.pg_database
      where datname::pg_catalog.text = any($1::pg_catalog.text[])
        and pg_catalog.has_database_privilege(oid, 'connect')`,
    [databases],
  )
  return rows.map(({ bytes }) => Number(bytes)).toSorted((a, b) => b - a)
}

/**
 * How sure it is that a dump of a database of so many bytes does not fit. Indexes are not dumped; archives are
 * compressed, plain text is not and doubles bytea, and may be written from an archive that lies beside it.
 */
export function judgeRoom(
  method: 'auto' | MethodName,
  bytes: number,
  freeBytes: number,
): Severity | undefined {
  // The others write no dump, and auto takes a method that writes one only where it fits.
  if (method !== 'plain' && method !== 'custom' && method !== 'parallel') return undefined
  const [certain, likely] = method === 'plain' ? [0.2, 1.7] : [0.05, 0.5]
  if (freeBytes < bytes * certain) return 'blocking'
  return freeBytes < bytes * likely ? 'warning' : undefined
}

const dumpDirectory: ServerCheck = {
  name: 'dump-directory-space',
  scope: 'server',
  subject: 'the free disk of dump-directory',
  worst: 'blocking',
  async run(context) {
    const [biggest] = await readSizes(context)
    if (biggest === undefined) return []
    const freeBytes = await freeBytesOf(context.dumpDirectory)
    const severity = judgeRoom(context.method, biggest, freeBytes)
    if (severity === undefined) return []
    return [
      {
        severity,
        object: context.dumpDirectory,
        message: `The biggest database holds ${prettyBytes(biggest)}, and dump-directory has ${prettyBytes(freeBytes)} free: a dump ${severity === 'blocking' ? 'will not' : 'may not'} fit.`,
        remedy:
          'Set "method" to "stream", which writes no dump, or "dump-directory" to a bigger disk.',
      },
    ]
  },
}

/**
 * How sure it is that databases of so many bytes do not fit; what is restored has no bloat, but indexes are built beside it.
 * WAL that the target keeps may take as much again.
 */
export function judgeTargetRoom(
  bytes: number,
  freeBytes: number,
  isWalKept: boolean,
): Severity | undefined {
  if (freeBytes < bytes * 0.2) return 'blocking'
  return freeBytes < bytes * (isWalKept ? 2.25 : 1.25) ? 'warning' : undefined
}

/**
 * PostgreSQL does not tell how much is free. Where the target runs on this machine, the folder that it names can be asked;
 * that it is the same folder shows in the moment of its last change.
 */
async function readFreeDiskOfTarget(session: Session): Promise<number | undefined> {
  const [may] = await session.query<{ look: boolean }>(
    `select pg_catalog.pg_has_role('pg_read_all_settings', 'usage')
        and pg_catalog.has_function_privilege('pg_catalog.pg_stat_file(text)', 'execute') as look`,
  )
  if (may?.look !== true) return undefined
  const [folder] = await session.query<{ path: string; seconds: string }>(
    `select pg_catalog.current_setting('data_directory') as path,
            pg_catalog.date_part('epoch', f.modification)::pg_catalog.text as seconds
       from pg_catalog.pg_stat_file('.') f`,
  )
  if (folder === undefined) return undefined
  const here = await stat(folder.path).catch(() => undefined)
  if (here === undefined || Math.floor(here.mtimeMs / 1000) !== Number(folder.seconds)) {
    return undefined
  }
  return freeBytesOf(folder.path)
}

const targetDisk: ServerCheck = {
  name: 'target-disk-space',
  scope: 'server',
  subject: "the free disk of the target's data folder",
  worst: 'blocking',
  async run(context): Promise<Found[]> {
    const freeBytes = await readFreeDiskOfTarget(context.targetSession)
    if (freeBytes === undefined) return []
    const bytes = (await readSizes(context)).reduce((sum, size) => sum + size, 0)
    const isWalKept = (await findKeptWal(context.targetSession, context.target)).length > 0
    const severity = judgeTargetRoom(bytes, freeBytes, isWalKept)
    if (severity === undefined) return []
    return [
      {
        severity,
        message: `The databases hold ${prettyBytes(bytes)} on the source, ${isWalKept ? 'the WAL that the target keeps (wal-kept) will take as much again, ' : ''}and the disk of the target's data folder has ${prettyBytes(freeBytes)} free: they ${severity === 'blocking' ? 'will not' : 'may not'} fit.`,
        remedy:
          'Give the target a bigger disk, or move fewer databases at a time with "databases"; plan 1.25 times what the source holds. Staging databases that killed runs have left there, which the log names, may be dropped.',
      },
    ]
  },
}

export const diskChecks: readonly ServerCheck[] = [dumpDirectory, targetDisk]
