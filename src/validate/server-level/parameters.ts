/** Compares the parameters of both servers, as they are configured, with the noise left out. */
import { QueryError } from '../../errors.js'
import { notVisible } from '../../report/hidden-settings.js'
import type { SettingReport } from '../../report/report.js'
import {
  quoteIdentifier,
  type Server,
  type ServerFacts,
  type ServerSide,
  type Session,
} from '../../server/index.js'
import { isConfidentialName } from '../../telling/secrets.js'
import { notShown } from '../../telling/settings.js'

interface Setting {
  readonly name: string
  /** As SHOW prints it: with its unit. */
  readonly value: string
  /** As the server keeps it: a number without its unit. */
  readonly raw: string
  readonly unit: string | null
  /** False while it is as PostgreSQL was built. */
  readonly isSet: boolean
  /** Nobody can set it: how the server was built and initialised, and what the session is at the moment. */
  readonly isPreset: boolean
}

/**
 * Where a server keeps its files and how it is reached, which is never the same on two servers; what a session sets itself,
 * and what initdb or a provider decides. By name: pg_settings has its categories in the server's language.
 */
const placeNames = new RegExp(
  `^(application_name|cluster_name|client_encoding|log_directory|log_filename|log_timezone|TimeZone
    |unix_socket_.*|listen_addresses|port|ssl|ssl_.*|bonjour.*|krb_server_keyfile|.*_directory|.*_file|.*_command
    |stats_temp_directory|dynamic_shared_memory_type|shared_memory_type|huge_pages_status
    |lc_messages|lc_collate|lc_ctype|session_authorization|role|is_superuser|in_hot_standby
    |transaction_(deferrable|isolation|read_only)
    |server_version.*|debug_assertions|data_checksums|update_process_title
    |primary_(conninfo|slot_name)|recovery_target.*|restore_command|trace_.*)$`.replace(/\s+/g, ''),
)
/** Parameters that a provider owns. */
const providerNames = /^(azure|rds|aurora|apg|cloudsql|google|neon|supabase|supautils)[._]/

/**
 * What is for superusers and members of pg_read_all_settings (GUC_SUPERUSER_ONLY in src/backend/utils/misc/guc_tables.c, before
 * 16 guc.c), 10 to 18, without what is left out above: where neither side lists it, nobody else names it.
 */
const ofSuperusers = [
  'dynamic_library_path',
  'extension_control_path',
  'jit_provider',
  'oauth_validator_libraries',
  'session_preload_libraries',
  'shared_preload_libraries',
]

/**
 * Compares server parameters. The values of both sides are read with nothing set by the session. A parameter
 * that the other side does not know has null there; a new one of the target is told only when it has been set.
 */
export async function compareSettings(source: Server, target: Server): Promise<SettingReport[]> {
  const [before, after] = await Promise.all([readSettings(source), readSettings(target)])
  // A parameter may have become a preset, or have been one.
  const isNoise = (name: string) =>
    isPlace(name) || [before, after].some((side) => side.get(name)?.isPreset === true)
  const names = [...new Set([...before.keys(), ...after.keys(), ...ofSuperusers])]
    .filter((name) => !isNoise(name))
    .sort()
  const [hiddenBefore, hiddenAfter] = await Promise.all([
    findHidden(source, absentFrom(before, names)),
    findHidden(target, absentFrom(after, names)),
  ])
  const sides = {
    source: { ...source.facts, libraries: librariesOf(before) },
    target: { ...target.facts, libraries: librariesOf(after) },
  }
  return names.flatMap((name) => {
    const pair = {
      source: hiddenBefore.has(name) ? notVisible : before.get(name),
      target: hiddenAfter.has(name) ? notVisible : after.get(name),
    }
    const note = noteOn(name, pair, sides)
    if (note === undefined) return []
    return [{ name, source: shownValue(pair.source), target: shownValue(pair.target), note }]
  })
}

const absentFrom = (side: ReadonlyMap<string, Setting>, names: readonly string[]) =>
  names.filter((name) => !side.has(name))

/** Undefined where the server does not know the parameter. */
type Seen = Setting | typeof notVisible | undefined

/** A parameter of an extension that is called like a secret is told without its value. */
function shownValue(seen: Seen): string | null {
  if (seen === undefined) return null
  if (seen === notVisible) return seen
  const isSecret = seen.name.includes('.') && isConfidentialName(seen.name)
  return isSecret ? notShown : seen.value
}

interface SettingPair {
  readonly source: Seen
  readonly target: Seen
}

interface Side extends Pick<ServerFacts, 'major' | 'user'> {
  /** What stands before the dot in the parameters of the libraries that are loaded: only of these a server lists parameters. */
  readonly libraries: ReadonlySet<string>
}

type Sides = Readonly<Record<ServerSide, Side>>

/** Undefined for a parameter of PostgreSQL itself. */
function libraryOf(name: string): string | undefined {
  const dot = name.indexOf('.')
  return dot === -1 ? undefined : name.slice(0, dot)
}

function librariesOf(settings: ReadonlyMap<string, Setting>): ReadonlySet<string> {
  return new Set([...settings.keys()].map(libraryOf).filter((library) => library !== undefined))
}

/** Says what is remarkable about a parameter; undefined when nothing is. */
function noteOn(name: string, { source, target }: SettingPair, sides: Sides): string | undefined {
  if (source === undefined) {
    return typeof target === 'object' && target.isSet
      ? `set on the target, ${unknownTo('source', name, sides)}`
      : undefined
  }
  if (source === notVisible || target === notVisible) {
    const hides = [
      ...(source === notVisible ? [hidingFrom('source', sides.source.user)] : []),
      ...(target === notVisible ? [hidingFrom('target', sides.target.user)] : []),
    ]
    return hides.join(' ')
  }
  if (target === undefined) {
    const fate = unknownTo('target', name, sides)
    return source.isSet ? `set on the source, ${fate}` : `at its default on the source, ${fate}`
  }
  if (isSame(source, target)) return undefined
  if (source.isSet) return target.isSet ? 'set differently' : 'set on the source only'
  return target.isSet ? 'set on the target only' : 'the default has changed'
}

/** A library brings its parameters with it; PostgreSQL's own are those of its major. */
function unknownTo(side: ServerSide, name: string, sides: Sides): string {
  const { major, libraries } = sides[side]
  const library = libraryOf(name)
  if (library === undefined) return `unknown to the ${side} (PostgreSQL ${major})`
  return libraries.has(library)
    ? `unknown to the library of "${library}" that the ${side} has loaded`
    : `unknown to the ${side}, which has not loaded the library of "${library}"`
}

function hidingFrom(side: ServerSide, user: string): string {
  const role = quoteIdentifier(user)
  return `hidden from the role ${role} of the ${side}; to have it compared, run there as a superuser: grant pg_read_all_settings to ${role};`
}

/** A parameter may have got its unit later: 1024 was `1024` (track_activity_query_size until 10) before it was `1kB`. */
function isSame(source: Setting, target: Setting): boolean {
  return (
    source.value === target.value ||
    (source.raw === target.raw && (source.unit === null || target.unit === null))
  )
}

async function readSettings(server: Server): Promise<Map<string, Setting>> {
  const rows = await server.withSession(undefined, readAsConfigured, { asConfigured: true })
  return new Map(rows.map((row) => [row.name, row]))
}

/** What a server says to a role that may not read a parameter; of one that it does not know, it says nothing. */
const notAllowed = '42501'

/**
 * Which of the names that pg_settings does not list are there all the same: a server leaves out what only superusers and
 * members of pg_read_all_settings may read.
 */
async function findHidden(server: Server, names: readonly string[]): Promise<Set<string>> {
  const hidden = new Set<string>()
  if (server.facts.isSuperuser) return hidden
  await server.withSession(undefined, async (session) => {
    for (const name of names) {
      try {
        await session.query('select pg_catalog.current_setting($1, true)', [name])
      } catch (error) {
        if (!(error instanceof QueryError) || error.sqlState !== notAllowed) throw error
        hidden.add(name)
      }
    }
  })
  return hidden
}

/** What the reading itself needs, whatever is configured: time, and its own meaning of every name. */
const pinned = { statement_timeout: '0', lock_timeout: '0', search_path: 'pg_catalog' }

/** What shows the state of the session's own socket in the place of what was configured. */
const ofSocket = [
  'tcp_keepalives_count',
  'tcp_keepalives_idle',
  'tcp_keepalives_interval',
  'tcp_user_timeout',
]

/** Of what is pinned, and of the socket, the value that the session would go back to is the configured one. */
async function readAsConfigured(session: Session): Promise<Setting[]> {
  await session.query('begin transaction read only')
  for (const [name, value] of Object.entries(pinned)) {
    await session.query(`set local ${name} = ${value}`)
  }
  const rows = await session.query<Setting>(
    `select name, unit, context = 'internal' as "isPreset",
            case when name = any($1::pg_catalog.text[]) then reset_val else setting end as raw,
            case when name = any($1::pg_catalog.text[]) then reset_val || coalesce(unit, '')
                 else pg_catalog.current_setting(name) end as value,
            case when name = any($1::pg_catalog.text[]) then reset_val is distinct from boot_val
                 else setting is distinct from boot_val
                   and source not in ('default', 'dynamic default', 'override', 'client') end as "isSet"
       from pg_catalog.pg_settings`,
    [[...Object.keys(pinned), ...ofSocket]],
  )
  await session.query('commit')
  return rows
}

function isPlace(name: string): boolean {
  return placeNames.test(name) || providerNames.test(name)
}
