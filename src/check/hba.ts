/** Who may connect from where: pg_hba.conf, which no dump carries. */
import type { Server, Session } from '../server/index.js'
import type { ServerCheck } from './check.js'

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

export const hba: ServerCheck = {
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

function placeFor({ facts }: Server): string {
  return facts.provider === 'self-managed'
    ? 'in pg_hba.conf of the target, and there then select pg_reload_conf()'
    : 'in the firewall rules of the provider, as far as they are needed'
}

function asLine({ type, databases, users, address, method }: Rule): string {
  return [type, databases.join(','), users.join(','), address, method].join('  ')
}
