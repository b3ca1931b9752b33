/** Whether client tools of a major fit the two servers, said as soon as their versions are known. */
import { UpgradeError } from '../errors.js'

export interface Majors {
  /** Of the client tools. */
  readonly major: number
  readonly sourceMajor: number
  readonly targetMajor: number
  /** False where psql does all that is done there: the method plain. */
  readonly connectsRestore: boolean
}

/** The first whose dumps set transaction_timeout, which no older server knows: every restore there fails. */
const settingTransactionTimeout = 17

/** The first whose pg_restore connects as pg_dumpall does (connectdb.c), and so refuses a newer server. */
const restoreRefusingNewer = 18

/** Throws `client-version-mismatch` for tools that cannot read the source, refuse the target, or write dumps that it refuses. */
export function refuseUnfitTools(majors: Majors): void {
  const reason = whyUnfit(majors)
  if (reason === undefined) return
  throw new UpgradeError(`Client tools of PostgreSQL ${majors.major} ${reason}`, {
    code: 'client-version-mismatch',
    side: 'runner',
    hint: 'Leave client-version unset: it is then the major of the target.',
  })
}

function whyUnfit({
  major,
  sourceMajor,
  targetMajor,
  connectsRestore,
}: Majors): string | undefined {
  if (major < sourceMajor) {
    return `cannot read the source, which is PostgreSQL ${sourceMajor}: pg_dump refuses a newer server.`
  }
  if (major >= settingTransactionTimeout && targetMajor < settingTransactionTimeout) {
    return `do not fit the target, which is PostgreSQL ${targetMajor}: what they write sets transaction_timeout, which servers before ${settingTransactionTimeout} refuse.`
  }
  if (connectsRestore && major >= restoreRefusingNewer && major < targetMajor) {
    return `cannot restore to the target, which is PostgreSQL ${targetMajor}: since ${restoreRefusingNewer}, pg_restore refuses a newer server.`
  }
  return undefined
}

/** What may go wrong with tools that are newer than the target (manual, pg_dump, "Notes"); undefined for others. */
export function doubtOfTools({
  major,
  targetMajor,
}: Pick<Majors, 'major' | 'targetMajor'>): string | undefined {
  if (major <= targetMajor) return undefined
  return (
    `Client tools of PostgreSQL ${major} write for servers of ${major}; the target is PostgreSQL ${targetMajor}, which may refuse ` +
    'some of it or grant privileges that it has otherwise. Leave client-version unset, unless there are no tools of its major.'
  )
}
