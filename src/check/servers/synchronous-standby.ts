/** A target whose commits wait for standbys of which too few are connected. */
import { quoteLiteral } from '../../server/index.js'
import type { ServerCheck } from '../check.js'

/** How many standbys a value of synchronous_standby_names waits for: `FIRST 2 (a, b)`, `ANY 2 (a, b)`, `2 (a, b)`, `a, b`. */
function neededStandbys(names: string): number {
  if (names.trim() === '') return 0
  return Number(/^\s*(?:(?:first|any)\s*)?(\d+)\s*\(/i.exec(names)?.[1] ?? 1)
}

/** How many are missing, by the `sync_state` of every connected one; null is one that the role may not see, and says nothing. */
export function missingStandbys(names: string, states: readonly (string | null)[]): number {
  if (states.includes(null)) return 0
  const waitedFor = states.filter((state) => state === 'sync' || state === 'quorum')
  return Math.max(0, neededStandbys(names) - waitedFor.length)
}

export const synchronousStandby: ServerCheck = {
  name: 'synchronous-standby',
  scope: 'server',
  subject: 'whether the synchronous standbys of the target are connected',
  worst: 'warning',
  async run({ targetSession }) {
    const [row] = await targetSession.query<{ names: string; states: (string | null)[] }>(
      `select pg_catalog.current_setting('synchronous_standby_names') as names,
              array(select r.sync_state from pg_catalog.pg_stat_replication r) as states
        where pg_catalog.current_setting('max_wal_senders') <> '0'`,
    )
    if (row === undefined || missingStandbys(row.names, row.states) === 0) return []
    return [
      {
        severity: 'warning',
        object: 'synchronous_standby_names',
        message: `Commits on the target wait for synchronous standbys (synchronous_standby_names = ${quoteLiteral(row.names)}), and too few of them are connected. This run waits for none of them, but applications would wait without end at their first commit on the target.`,
        remedy:
          "-- on the target, as a superuser, unless the standbys will be connected before applications use it\nalter system set synchronous_standby_names = '';\nselect pg_reload_conf();",
      },
    ]
  },
}
