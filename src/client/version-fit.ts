/** Whether client tools of a major fit the two servers, said as soon as their versions are known. */
import { UpgradeError } from '../errors.js'

export interface Majors {
  /** Of the client tools. */
  readonly major: number
  readonly sourceMajor: number
  readonly targetMajor: number
}

/** The first whose dumps set transaction_timeout, which no older server knows: every restore there fails. */
const settingTransactionTimeout = 17

/** Throws `client-version-mismatch` for tools that cannot read the source, or whose dumps the target refuses. */
export function refuseUnfitTools(majors: Majors): void {
  const reason = whyUnfit(majors)
  if (reason === undefined) return
  throw new UpgradeError(`Client tools of PostgreSQL ${majors.major} ${reason}`, {
    code: 'client-version-mismatch',
    side: 'runner',
    hint: 'Leave client-version unset: it is then the major of the target.',
  })
}

function whyUnfit({ major, sourceMajor, targetMajor }: Majors): string | undefined {
  if (major < sourceMajor) {
    return `cannot read the source, which is PostgreSQL ${sourceMajor}: pg_dump refuses a newer server.`
  }
  if (major >= settingTransactionTimeout && targetMajor < settingTransactionTimeout) {
    return `do not fit the target, which is PostgreSQL ${targetMajor}: what they write sets transaction_timeout, which servers before ${settingTransactionTimeout} refuse.`
  }
  return undefined
}

/** What may go wrong with tools that are newer than the target (manual, pg_dump, "Notes"); undefined for others. */
export function doubtOfTools({ major, targetMajor }: Majors): string | undefined {
  if (major <= targetMajor) return undefined
  return (
    `Client tools of PostgreSQL ${major} write for servers of ${major}; the target is PostgreSQL ${targetMajor}, which may refuse ` +
    'some of it or grant privileges that it has otherwise. Leave client-version unset, unless there are no tools of its major.'
  )
}
