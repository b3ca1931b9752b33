/** The command lines of pg_dump, pg_restore and psql, as pure functions; no secret ever stands in them. */

export interface DumpArguments {
  readonly format: 'plain' | 'custom' | 'directory'
  readonly conninfo: string
  readonly snapshotId: string
  /** Of the database: it or its role may tell sessions to begin with one that has no room for all characters. */
  readonly encoding: string
  /** Absent: the dump goes to stdout. */
  readonly file?: string
  readonly jobs?: number
  /** `none` where the dump is read at once by a process on the same machine. */
  readonly compression: 'default' | 'none'
  readonly tablespaces: boolean
  readonly more: readonly string[]
}

/**
 * pg_dump's command line. Identifiers are all quoted, as the manual advises when the server's major is not
 * pg_dump's own: a name may be a keyword of the newer major. What the user gives comes last: an argument without its value
 * takes none of ours for it.
 */
export function dumpArguments(options: DumpArguments): string[] {
  return [
    `--format=${options.format}`,
    `--snapshot=${options.snapshotId}`,
    '--no-password',
    '--quote-all-identifiers',
    '--verbose',
    // One that the user gives stands behind it, and counts.
    `--encoding=${options.encoding}`,
    ...(options.tablespaces ? [] : ['--no-tablespaces']),
    ...(options.compression === 'none' ? ['--compress=0'] : []),
    // The dump is thrown away after the restore: it need not survive a power cut.
    ...(options.file === undefined ? [] : [`--file=${options.file}`, '--no-sync']),
    ...(options.jobs === undefined || options.format !== 'directory'
      ? []
      : [`--jobs=${options.jobs}`]),
    `--dbname=${options.conninfo}`,
    ...options.more,
  ]
}

export interface RestoreArguments {
  /** Where to restore; absent when an SQL file is written. */
  readonly conninfo?: string
  /** The SQL file to write. */
  readonly file?: string
  readonly tablespaces: boolean
  readonly jobs?: number
  /** A file with the entries to restore, as `pg_restore --list` prints them. */
  readonly listFile?: string
  readonly more: readonly string[]
  /** Absent: the archive is read from stdin. */
  readonly archive?: string
}

/**
 * pg_restore's command line. Policies come after all rows, so that only materialized views are filled under them; with
 * row_security off, as pg_restore leaves it, that would be an error. It goes on after an error, so that all of them can be
 * told at once. A file is written in no time, and what is written into it is not done yet: nothing is told of that.
 */
export function restoreArguments(options: RestoreArguments): string[] {
  return [
    '--no-password',
    '--enable-row-security',
    ...(options.file === undefined ? ['--verbose'] : []),
    ...(options.tablespaces ? [] : ['--no-tablespaces']),
    ...(options.jobs === undefined ? [] : [`--jobs=${options.jobs}`]),
    ...(options.listFile === undefined ? [] : [`--use-list=${options.listFile}`]),
    ...(options.conninfo === undefined ? [] : [`--dbname=${options.conninfo}`]),
    ...(options.file === undefined ? [] : [`--file=${options.file}`]),
    ...options.more,
    ...(options.archive === undefined ? [] : [options.archive]),
  ]
}

/** psql's command line for a plain dump: without ON_ERROR_STOP it would end with 0 after errors (manual, psql). */
export function psqlArguments(conninfo: string, file: string): string[] {
  return [
    '--no-psqlrc',
    '--no-password',
    '--quiet',
    '--set=ON_ERROR_STOP=1',
    `--file=${file}`,
    `--dbname=${conninfo}`,
  ]
}
