/** Refuses client tools of a major that does not fit the two servers, as soon as their versions are known. */
import { UpgradeError } from '../errors.js'

export interface Majors {
  /** Of the client tools. */
  readonly major: number
  readonly sourceMajor: number
  readonly targetMajor: number
}

/** Throws `client-version-mismatch` for tools that are older than the source or newer than the target. */
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
  if (major > targetMajor) {
    return `do not fit the target, which is PostgreSQL ${targetMajor}: what they write is for servers of ${major}, with parameters that an older one refuses and privileges that it has otherwise.`
  }
  return undefined
}
