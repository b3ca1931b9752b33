/** A target that keeps all its WAL, so that what the run writes lies on its disk twice. */
import { quoteLiteral, type Server, type Session } from '../../server/index.js'
import type { Found, ServerCheck } from '../check.js'

/** Replication slots that nobody reads, and that no limit ends. 13 brought the limit, and the word for those that keep nothing any more. */
async function readIdleSlots(session: Session, { facts }: Server): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `select s.slot_name::pg_catalog.text as name from pg_catalog.pg_replication_slots s
      where not s.active and s.restart_lsn is not null
        ${facts.major >= 18 ? `and pg_catalog.current_setting('idle_replication_slot_timeout') = '0'` : ''}
        ${facts.major >= 13 ? `and s.wal_status <> 'lost' and pg_catalog.current_setting('max_slot_wal_keep_size') = '-1'` : ''}
      order by 1`,
  )
  return rows.map(({ name }) => name)
}

interface FailedArchive {
  readonly file: string
  readonly time: string
}

/** The last attempt to archive, where it failed. */
async function readFailedArchive(session: Session): Promise<FailedArchive | undefined> {
  const [row] = await session.query<FailedArchive>(
    `select a.last_failed_wal as file, a.last_failed_time::pg_catalog.text as time
       from pg_catalog.pg_stat_archiver a
      where pg_catalog.current_setting('archive_mode') <> 'off'
        and a.last_failed_time > coalesce(a.last_archived_time, '-infinity')`,
  )
  return row
}

/** What keeps the WAL of the target, one finding each. */
export async function findKeptWal(session: Session, target: Server): Promise<Found[]> {
  const slots = await readIdleSlots(session, target)
  const failed = await readFailedArchive(session)
  const findings = slots.map((name): Found => ({
    severity: 'warning',
    object: name,
    message: `Nobody reads from replication slot ${JSON.stringify(name)} of the target, and no limit ends it (max_slot_wal_keep_size): the target keeps all WAL that this run makes it write, about as much as the databases hold.`,
    remedy: `-- on the target, as a superuser, if nobody is to read from it any more\nselect pg_catalog.pg_drop_replication_slot(${quoteLiteral(name)});`,
  }))
  if (failed === undefined) return findings
  return [
    ...findings,
    {
      severity: 'warning',
      object: 'archive_mode',
      message: `The target cannot archive its WAL: the last attempt, of ${failed.file} at ${failed.time}, failed. Until it succeeds, the target keeps all WAL that this run makes it write, about as much as the databases hold.`,
      remedy: 'Mend the archiving of the target before the run; its log says why it fails.',
    },
  ]
}

export const walKept: ServerCheck = {
  name: 'wal-kept',
  scope: 'server',
  subject: 'whether the target keeps all its WAL',
  worst: 'warning',
  run: ({ targetSession, target }) => findKeptWal(targetSession, target),
}
