/** Cuts a restore by several jobs into runs of pg_restore, so that privileges are granted in order. */
import { writeFile } from 'node:fs/promises'
import { printRestoreList, readRestoreList, type ListEntry } from './restore-list.js'

export interface RestorePass {
  /** For the name of the log file; empty for the first. */
  readonly name: string
  /** For `--use-list`; absent where everything is restored. */
  readonly listFile?: string
  readonly jobs: number
}

const privileges = /^(?:DEFAULT )?ACL /
/** What pg_restore keeps for the end: it may need the privileges (pg_backup_archiver.c, _tocEntryRestorePass). */
const last =
  /^(?:MATERIALIZED VIEW DATA|STATISTICS DATA|EVENT TRIGGER|(?:COMMENT|SECURITY LABEL) - EVENT TRIGGER) /

/**
 * With `--jobs`, pg_restore runs the statements about privileges side by side as well. Where somebody has granted in its
 * own name, the dump changes to that role, which then needs USAGE on the schema, and that may not be there yet: seen to
 * fail in three of ten runs on the smallest of databases. So they are run by one job, and what needs them afterwards.
 */
export async function restorePasses(
  jobs: number,
  readList: () => Promise<string>,
  folder: string,
): Promise<RestorePass[]> {
  if (jobs === 1) return [{ name: '', jobs }]
  const entries = readRestoreList(await readList())
  const granting = entries.filter(isPrivilege)
  if (granting.length === 0) return [{ name: '', jobs }]
  const ending = entries.filter(isLast)
  const passes = [
    { name: '', jobs, entries: entries.filter((each) => !isPrivilege(each) && !isLast(each)) },
    { name: 'privileges', jobs: 1, entries: granting },
    { name: 'end', jobs, entries: ending },
  ]
  return Promise.all(
    passes
      .filter((pass) => pass.entries.length > 0)
      .map(async ({ name, jobs, entries }) => {
        const listFile = `${folder}/restore${name === '' ? '' : `-${name}`}.list`
        await writeFile(listFile, printRestoreList(entries), { mode: 0o600 })
        return { name, jobs, listFile }
      }),
  )
}

function isPrivilege({ text }: ListEntry): boolean {
  return privileges.test(text)
}

function isLast({ text }: ListEntry): boolean {
  return last.test(text)
}
