/** Passwords that expire (VALID UNTIL): a run opens sessions to its end, and from that moment on it is let in no more. */
import { formatRoughly } from '../../report/format.js'
import { quoteIdentifier, type Server, type Session } from '../../server/index.js'
import type { Found, ServerCheck } from '../check.js'
import { readSizes } from '../servers/disk.js'
import { forecastMinutes } from '../servers/room.js'

interface Expiry {
  readonly role: string
  /** In UTC. */
  readonly until: string
  /** Until then, by the server's clock. */
  readonly seconds: number
}

/** Only a password expires. From 16 on a server says how it has let the session in. */
const byPassword = `and pg_catalog.split_part(pg_catalog."system_user"(), ':', 1) in ('password', 'md5', 'scram-sha-256')`

/** Undefined where nothing expires: whose password had expired when the session began was not asked for it. */
async function readExpiry(
  session: Session,
  { facts, parameters }: Server,
): Promise<Expiry | undefined> {
  if (parameters.password === undefined) return undefined
  const [row] = await session.query<Expiry>(
    `select r.rolname::pg_catalog.text as role,
            pg_catalog.to_char(pg_catalog.timezone('UTC', r.rolvaliduntil), 'YYYY-MM-DD HH24:MI:SS') as until,
            pg_catalog.date_part('epoch', r.rolvaliduntil - pg_catalog.clock_timestamp()) as seconds
       from pg_catalog.pg_roles r
       join pg_catalog.pg_stat_activity a on a.pid = pg_catalog.pg_backend_pid()
      where r.rolname = session_user and pg_catalog.isfinite(r.rolvaliduntil)
        and r.rolvaliduntil > a.backend_start
        ${facts.major >= 16 ? byPassword : ''}`,
  )
  return row
}

/** What a run needs beside the moving: the tools, the checks, the roles. */
const extraSeconds = 60
/** A run at night is prepared on the day before. */
const soonSeconds = 24 * 3600

export const passwordExpires: ServerCheck = {
  name: 'password-expires',
  scope: 'server',
  subject: 'how long the passwords are valid',
  worst: 'blocking',
  async run(context) {
    const bytes = (await readSizes(context)).reduce((sum, size) => sum + size, 0)
    const [least = 0, most = 0] = forecastMinutes(bytes).map((minutes) => minutes * 60)
    const found: Found[] = []
    for (const [session, server] of [
      [context.sourceSession, context.source],
      [context.targetSession, context.target],
    ] as const) {
      const expiry = await readExpiry(session, server)
      if (expiry === undefined || expiry.seconds >= Math.max(soonSeconds, most)) continue
      const isCertain = expiry.seconds < least + extraSeconds
      const { side, facts } = server
      const role = quoteIdentifier(expiry.role)
      const unknown =
        facts.major >= 16
          ? ''
          : ' Before PostgreSQL 16 a server does not say whether it was the password that let the role in; where it was a certificate or the like, nothing expires.'
      found.push({
        severity: isCertain ? 'blocking' : 'warning',
        object: side,
        message: `The password of the role ${role} on the ${side} is valid until ${expiry.until} UTC, for ${formatRoughly(Math.max(0, expiry.seconds))} more. ${isCertain ? `A run takes at least about ${formatRoughly(least)} once it has begun to move` : 'A run that is still at work by then is let in no more, and fails'}: it opens sessions to its end, and also to release a frozen source.${unknown}`,
        remedy: `-- on the ${side}, as an administrator; or take a user and a password that are valid for the whole run\nalter role ${role} valid until 'infinity';`,
      })
    }
    return found
  },
}
