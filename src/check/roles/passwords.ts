/** Passwords of roles that cannot be read on the source, or do not work on the target. */
import { listed } from '../../report/format.js'
import { isProviderRole } from '../../roles/index.js'
import { quoteIdentifier } from '../../server/index.js'
import type { ServerCheck, ServerContext } from '../check.js'

/** Roles that would be created on the target: they log in, are no provider's, and are not there yet. */
async function readNewLogins(context: ServerContext, condition: string): Promise<string[]> {
  const { source, sourceSession, targetSession } = context
  const catalog = condition === 'true' ? 'pg_roles' : 'pg_authid'
  const [logins, existing] = await Promise.all([
    sourceSession.query<{ name: string }>(
      `select rolname::pg_catalog.text as name from pg_catalog.${catalog}
        where rolcanlogin and ${condition} order by 1`,
    ),
    targetSession.query<{ name: string }>(
      'select rolname::pg_catalog.text as name from pg_catalog.pg_roles',
    ),
  ])
  const there = new Set(existing.map(({ name }) => name))
  return logins
    .map(({ name }) => name)
    .filter((name) => !there.has(name) && !isProviderRole(name, source.facts.provider))
}

async function readsPasswords({ sourceSession }: ServerContext): Promise<boolean> {
  const [row] = await sourceSession.query<{ readable: boolean }>(
    `select pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'select') as readable`,
  )
  return row?.readable === true
}

const md5Password: ServerCheck = {
  name: 'md5-password',
  scope: 'server',
  subject: 'passwords in MD5',
  worst: 'warning',
  async run(context) {
    if (!movesPasswords(context) || !(await readsPasswords(context))) return []
    const [row] = await context.targetSession.query<{ wantsScram: boolean }>(
      `select pg_catalog.current_setting('password_encryption') = 'scram-sha-256' as "wantsScram"`,
    )
    if (row?.wantsScram !== true) return []
    const names = await readNewLogins(context, `rolpassword like 'md5%'`)
    if (names.length === 0) return []
    return [
      {
        severity: 'warning',
        message: `The passwords of ${list(names)} are stored as MD5. They are moved as they are, but log in only where the target's pg_hba.conf says md5, not scram-sha-256; PostgreSQL 18 and later warn of them.`,
        // The server says which kind psql makes, and before 14 that is MD5 unless it was told otherwise.
        remedy: passwordCommands(
          names,
          'on the source, or after the upgrade wherever it is to work',
          `set password_encryption = 'scram-sha-256';`,
        ),
      },
    ]
  },
}

const unreadablePassword: ServerCheck = {
  name: 'password-unreadable',
  scope: 'server',
  subject: 'whether passwords can be read',
  worst: 'blocking',
  async run(context) {
    if (!movesPasswords(context) || (await readsPasswords(context))) return []
    const user = quoteIdentifier(context.source.facts.user)
    if (context.roles === 'with-passwords') {
      return [
        {
          severity: 'blocking',
          message: `"roles" is "with-passwords", and the source does not let ${user} read passwords.`,
          remedy:
            'Use a superuser in "source-url" where there is one, or set "roles" to "auto", which lists the logins that need a new password.',
        },
      ]
    }
    const names = await readNewLogins(context, 'true')
    if (names.length === 0) return []
    return [
      {
        severity: 'warning',
        message: `The source does not let ${user} read passwords, so ${list(names)} arrive without one and cannot log in until they get it.`,
        remedy: passwordCommands(names, 'on the target, after the upgrade'),
      },
    ]
  },
}

/** The other values of "roles" leave passwords, or all of the roles, alone. */
function movesPasswords({ roles }: ServerContext): boolean {
  return roles === 'auto' || roles === 'with-passwords'
}

/** For psql, which asks for the password and sends its hash only. In one line: it would take a second one for the password. */
function passwordCommands(names: readonly string[], where: string, before?: string): string {
  const commands = names.map((name) => `\\password ${quoteIdentifier(name)}`)
  return [`-- in psql, ${where}`, before, commands.join(' ')]
    .filter((line) => line !== undefined)
    .join('\n')
}

function list(names: readonly string[]): string {
  return listed(names.map(quoteIdentifier), 10)
}

export const passwordChecks: readonly ServerCheck[] = [md5Password, unreadablePassword]
