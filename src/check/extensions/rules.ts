/** Rules about extensions: versions, libraries that must be loaded at start, and providers' lists. */
import type { Session } from '../../server/index.js'

/** `1.10` as numbers; what is not a number counts as 0. */
function parts(version: string): number[] {
  return version.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0)
}

/** True when `version` comes after `other`. */
export function isNewer(version: string, other: string): boolean {
  const [left, right] = [parts(version), parts(other)]
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}

/** True when the first number differs, as between pg_partman 4 and 5 or PostGIS 2 and 3. */
export function isOtherGeneration(version: string, other: string): boolean {
  return parts(version)[0] !== parts(other)[0]
}

export interface Preloading {
  readonly library: string
  /** Without the library CREATE EXTENSION itself fails; otherwise only using it does. */
  readonly creating: boolean
}

/** Extensions whose documentation asks for shared_preload_libraries. */
export const preloading: ReadonlyMap<string, Preloading> = new Map(
  Object.entries<Preloading>({
    citus: { library: 'citus', creating: true },
    pg_cron: { library: 'pg_cron', creating: true },
    pg_qualstats: { library: 'pg_qualstats', creating: false },
    pg_squeeze: { library: 'pg_squeeze', creating: true },
    pg_stat_kcache: { library: 'pg_stat_kcache', creating: true },
    pg_stat_monitor: { library: 'pg_stat_monitor', creating: false },
    pg_stat_statements: { library: 'pg_stat_statements', creating: false },
    pg_wait_sampling: { library: 'pg_wait_sampling', creating: false },
    pgaudit: { library: 'pgaudit', creating: true },
    pglogical: { library: 'pglogical', creating: true },
    timescaledb: { library: 'timescaledb', creating: true },
  }),
)

export interface AllowList {
  /** The server parameter that holds it. */
  readonly setting: string
  readonly has: (extension: string) => boolean
}

/** Reads such a list; `*` allows everything. Azure writes names in capitals. */
export function parseAllowList(setting: string, value: string): AllowList {
  const names = value.split(',').map((name) => name.trim().replaceAll('"', '').toLowerCase())
  return {
    setting,
    has: (extension) => names.includes('*') || names.includes(extension.toLowerCase()),
  }
}

/** The target's own list, where its provider keeps one: Azure's or Amazon's. */
export async function readAllowList(session: Session): Promise<AllowList | undefined> {
  const [row] = await session.query<{ setting: string; value: string | null }>(
    `select s.name as setting, pg_catalog.current_setting(s.name, true) as value
       from pg_catalog.unnest(array['azure.extensions', 'rds.allowed_extensions', 'rds.extensions']) s (name)
      where pg_catalog.current_setting(s.name, true) <> ''
         -- Azure's list is empty at first, and then allows nothing.
         or s.name = 'azure.extensions' and pg_catalog.current_setting(s.name, true) is not null
      limit 1`,
  )
  return row === undefined || row.value === null
    ? undefined
    : parseAllowList(row.setting, row.value)
}
