/** Who may connect from where: pg_hba.conf, which no dump carries. */
import { ConnectionError } from '../../errors.js'
import { quoteIdentifier, type Server, type Session } from '../../server/index.js'
import { stagingPrefix } from '../../staging/index.js'
import type { Found, ServerCheck } from '../check.js'

interface Rule {
  readonly type: string
  readonly databases: readonly string[]
  readonly users: readonly string[]
  readonly address: string
  readonly method: string
}

/** Rules that a person wrote for other machines. Options are not read: they may hold secrets. */
async function readRules(session: Session): Promise<Rule[]> {
  const [may] = await session.query<{ read: boolean }>(
    `select pg_catalog.has_table_privilege('pg_catalog.pg_hba_file_rules', 'select')
        and pg_catalog.has_function_privilege('pg_catalog.pg_hba_file_rules()', 'execute') as read`,
  )
  if (may?.read !== true) return []
  return session.query<Rule>(
    `select type, database as databases, user_name as users, auth_method as method,
            address || case when netmask is null then '' else ' ' || netmask end as address
       from pg_catalog.pg_hba_file_rules
      where error is null and type <> 'local' and not 'replication' = any(database)
        and address not in ('127.0.0.1', '::1', 'samehost') order by line_number`,
  )
}

/** The same clients, however they prove who they are. */
function clientsOf({ type, databases, users, address }: Rule): string {
  return JSON.stringify([type, databases.toSorted(), users.toSorted(), address])
}

function isRelevant({ databases }: Rule, moved: readonly string[]): boolean {
  const isAny = (name: string) => /^(?:all|sameuser|samerole|samegroup|[/+@].*)$/.test(name)
  return databases.some((name) => isAny(name) || moved.includes(name))
}

const shown = 20

const missingRules: ServerCheck = {
  name: 'pg-hba',
  scope: 'server',
  subject: 'the rules of pg_hba.conf',
  worst: 'note',
  async run({ sourceSession, targetSession, target, databases }) {
    const [before, after] = await Promise.all([readRules(sourceSession), readRules(targetSession)])
    const there = new Set(after.map(clientsOf))
    const lines = before
      .filter((rule) => isRelevant(rule, databases) && !there.has(clientsOf(rule)))
      .map(asLine)
    if (lines.length === 0) return []
    const more = lines.length > shown ? `\n# and ${lines.length - shown} more` : ''
    return [
      {
        severity: 'note',
        message: `${lines.length} rule${lines.length === 1 ? '' : 's'} of the source's pg_hba.conf, which says who may connect from where, ${lines.length === 1 ? 'is' : 'are'} not among the target's. No dump carries them.`,
        remedy: `# ${placeFor(target)}; options after the method are left out\n${lines.slice(0, shown).join('\n')}${more}`,
      },
    ]
  },
}

/** Rules may name databases; that none lets a run into its staging databases would be known only when the first is there. */
const staging: ServerCheck = {
  name: 'staging-refused',
  scope: 'server',
  subject: 'whether the target lets its role into the staging databases',
  worst: 'blocking',
  async run({ target, targetSession }) {
    // The rules come before the question whether there is such a database, and there is none.
    const name = `${stagingPrefix}00000000_0`
    const refusal = await target.withSession(name, () => Promise.resolve()).catch(asRefusal)
    return refusal === undefined
      ? []
      : [await describeRefusal(target, targetSession, name, refusal)]
  },
}

/** Undefined for what is said otherwise, by a pooler, too: it is no proof of anything. */
function asRefusal(error: unknown): ConnectionError | undefined {
  const isRefusal =
    error instanceof ConnectionError &&
    error.sqlState === '28000' &&
    error.message.includes('pg_hba.conf')
  return isRefusal ? error : undefined
}

async function describeRefusal(
  target: Server,
  session: Session,
  name: string,
  { message }: ConnectionError,
): Promise<Found> {
  const [client] = await session.query<{ address: string | null }>(
    'select pg_catalog.host(pg_catalog.inet_client_addr()) as address',
  )
  const address = client?.address ?? undefined
  const rule = {
    type: address === undefined ? 'local' : 'host',
    // 16 brought patterns.
    databases: [target.facts.major >= 16 ? `/^${stagingPrefix}` : 'all'],
    users: [quoteIdentifier(target.parameters.user)],
    address: address === undefined ? '' : `${address}/${address.includes(':') ? '128' : '32'}`,
    method: 'scram-sha-256',
  }
  return {
    severity: 'blocking',
    message: `The target's pg_hba.conf lets its role into ${JSON.stringify(target.parameters.database)}, and not into staging databases like ${JSON.stringify(name)}, into which everything is moved first: ${message}`,
    remedy: `# ${placeFor(target)}; above rules that reject, and with the method by which the role is let into ${JSON.stringify(target.parameters.database)}\n${asLine(rule)}`,
  }
}

export const hbaChecks: readonly ServerCheck[] = [staging, missingRules]

function placeFor({ facts }: Server): string {
  return facts.provider === 'self-managed'
    ? 'in pg_hba.conf of the target, and there then select pg_reload_conf()'
    : 'in the firewall rules of the provider, as far as they are needed'
}

function asLine({ type, databases, users, address, method }: Rule): string {
  return [type, databases.join(','), users.join(','), address, method].join('  ')
}
