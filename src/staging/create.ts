/** Creates and drops staging databases on the target. */
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, QueryError, UpgradeError } from '../errors.js'
import {
  quoteIdentifier,
  quoteLiteral,
  readEventTriggersToDisable,
  type ConnectOptions,
  type Server,
  type Session,
} from '../server/index.js'
import type { NamedValue } from '../telling/settings.js'
import { endSessions, inUse, inUseError, notAllowed } from './end-sessions.js'
import { liveSubscriptionsError, readLiveSubscriptions } from './live-subscriptions.js'
import { localeCandidates } from './locale.js'
import { readProperties, type DatabaseProperties } from './properties.js'
import { giveSettings } from './settings.js'

/** Every staging database starts with this, so that a person and the post step know it. */
export const stagingPrefix = 'upgrade_postgres_'

/** Behind the name of a staging database: what a published one has replaced, until it is dropped. */
export const setAsideSuffix = '_old'

/** The names that runs have given to databases that are there: of all runs, those that live, and those that were killed. */
export async function listStagingDatabases(
  target: Server,
): Promise<{ readonly staging: readonly string[]; readonly setAside: readonly string[] }> {
  const rows = await target.withSession(undefined, (session) =>
    session.query<{ name: string }>(
      `select d.datname::pg_catalog.text as name from pg_catalog.pg_database d
        where d.datname ~ $1 order by 1`,
      [`^${stagingPrefix}[0-9a-f]{8}_[0-9]+(${setAsideSuffix})?$`],
    ),
  )
  const names = rows.map(({ name }) => name)
  const isSetAside = (name: string) => name.endsWith(setAsideSuffix)
  return {
    staging: names.filter((name) => !isSetAside(name)),
    setAside: names.filter(isSetAside),
  }
}

/** Invalid parameter value, and wrong object type: what CREATE DATABASE says of a locale it does not have. */
const unknownLocale = new Set(['22023', '42809', '42704'])

/**
 * Creates a staging database with the encoding and the locale of the source's database; nobody but its owner may
 * connect to it. Returns the locale that was used, which is another spelling where the target's system spells it
 * otherwise (`en_US.UTF-8` for `en_US.utf8`).
 */
export async function createStagingDatabase(
  target: Server,
  name: string,
  properties: DatabaseProperties,
  settings: readonly NamedValue[],
): Promise<{ readonly collate: string; readonly ctype: string }> {
  return target.withSession(undefined, async (session) => {
    const identifier = quoteIdentifier(name)
    let refusal: unknown
    for (const { collate, ctype } of localeCandidates(properties)) {
      try {
        await session.query(
          `create database ${identifier} ${createOptions({ ...properties, collate, ctype }, target.facts.major)}`,
        )
        await session.query(`revoke connect, temporary on database ${identifier} from public`)
        await giveSettings(session, name, settings)
        return { collate, ctype }
      } catch (error) {
        if (!(error instanceof QueryError) || !unknownLocale.has(error.sqlState ?? '')) throw error
        refusal = error
      }
    }
    throw new UpgradeError(
      `The target has no locale for ${describeLocale(properties)}: ${messageOf(refusal)}`,
      {
        code: 'locale-missing',
        side: 'target',
        hint: "Install the locale in that encoding on the target's operating system (on Debian: locale-gen), and restart PostgreSQL.",
        cause: refusal,
      },
    )
  })
}

const providers = { c: 'libc', i: 'icu', b: 'builtin' }

function describeLocale({
  encoding,
  localeProvider,
  collate,
  ctype,
  locale,
}: DatabaseProperties): string {
  const own =
    localeProvider === 'c'
      ? ''
      : `, provider ${providers[localeProvider]} with the locale ${JSON.stringify(locale)}`
  return `encoding ${encoding}, LC_COLLATE ${JSON.stringify(collate)} and LC_CTYPE ${JSON.stringify(ctype)}${own}`
}

function createOptions(properties: DatabaseProperties, major: number): string {
  const { localeProvider, locale, icuRules, tablespace } = properties
  const provider = providers[localeProvider]
  return [
    'template template0',
    `encoding ${quoteLiteral(properties.encoding)}`,
    `lc_collate ${quoteLiteral(properties.collate)}`,
    `lc_ctype ${quoteLiteral(properties.ctype)}`,
    // 15 brought providers; without the word, template0's own would be used.
    ...(major >= 15 ? [`locale_provider ${provider}`] : []),
    ...(localeProvider === 'i' && locale !== null ? [`icu_locale ${quoteLiteral(locale)}`] : []),
    ...(localeProvider === 'i' && icuRules !== null ? [`icu_rules ${quoteLiteral(icuRules)}`] : []),
    ...(localeProvider === 'b' && locale !== null
      ? [`builtin_locale ${quoteLiteral(locale)}`]
      : []),
    ...(tablespace === null ? [] : [`tablespace ${quoteIdentifier(tablespace)}`]),
  ].join(' ')
}

const dropAttempts = 3

/** Others lock pg_database for moments; a prepared transaction may do so for ever, and hold the clean-up, and what comes after it. */
const lockPatienceMs = 30_000

/**
 * Drops a staging database, whoever is connected to it, unless a lock keeps it waiting for too long (0: it waits without
 * end). A name without the staging prefix is never dropped. False where there was none.
 */
export async function dropStagingDatabase(
  target: Server,
  name: string,
  patienceMs = lockPatienceMs,
): Promise<boolean> {
  if (!name.startsWith(stagingPrefix)) {
    throw new Error(`${JSON.stringify(name)} is not the name of a staging database.`)
  }
  const options = { settings: { lock_timeout: `${patienceMs}ms` } }
  await dropSubscriptions(target, name, options)
  return target.withSession(
    undefined,
    async (session) => {
      const there = await session.query('select from pg_catalog.pg_database where datname = $1', [
        name,
      ])
      // 13 brought WITH (FORCE), which lets nobody in meanwhile.
      const isForced = target.facts.major >= 13 && (await dropByForce(session, name))
      if (!isForced) await dropOnceEmpty(session, name)
      return there.length > 0
    },
    options,
  )
}

/** False where somebody is connected whom the role may not end; an autovacuum worker is one, to all but superusers. */
async function dropByForce(session: Session, name: string): Promise<boolean> {
  try {
    await session.query(`drop database if exists ${quoteIdentifier(name)} with (force)`)
    return true
  } catch (error) {
    if (!(error instanceof QueryError) || error.sqlState !== notAllowed) throw error
    return false
  }
}

/** Ends whom it may. For the others DROP DATABASE itself waits for 5 s, and it ends autovacuum workers. */
async function dropOnceEmpty(session: Session, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await endSessions(session, [name], 'everybody')
    try {
      await session.query(`drop database if exists ${quoteIdentifier(name)}`)
      return
    } catch (error) {
      if (!(error instanceof QueryError) || error.sqlState !== inUse) throw error
      if (attempt >= dropAttempts) throw await inUseError(session, [name], error, 'everybody')
      await sleep(250 * attempt)
    }
  }
}

/** Drops a staging database with all that is in it, and creates it again with the same encoding, locale and settings. */
export async function renewStagingDatabase(target: Server, name: string): Promise<void> {
  const properties = await target.withSession(undefined, (session) =>
    readProperties(session, name, target.facts.major),
  )
  // The move goes on with it, and waits for locks as it does elsewhere.
  await dropStagingDatabase(target, name, 0)
  const settings = properties.settings.filter(({ role }) => role === null)
  await createStagingDatabase(target, name, properties, settings)
}

/** A database with subscriptions cannot be dropped; those that came with a dump are disabled, and hold no slot of ours. Nothing is dropped where others receive. */
async function dropSubscriptions(
  target: Server,
  name: string,
  options: ConnectOptions,
): Promise<void> {
  // Where they cannot be read, DROP DATABASE itself says what is in its way.
  const subscriptions = await target
    .withSession(
      undefined,
      (session) =>
        session.query<{ name: string }>(
          `select s.subname as name from pg_catalog.pg_subscription s
         join pg_catalog.pg_database d on d.oid = s.subdbid where d.datname = $1`,
          [name],
        ),
      options,
    )
    .catch(() => [])
  if (subscriptions.length === 0) return
  const live = await target.withSession(
    undefined,
    (session) => readLiveSubscriptions(session, [name]),
    options,
  )
  if (live.length > 0) throw liveSubscriptionsError(live)
  await target.withSession(
    name,
    async (session) => {
      // They may forbid it.
      for (const { disable } of await readEventTriggersToDisable(session, target.facts)) {
        await session.query(disable)
      }
      for (const subscription of subscriptions) {
        const identifier = quoteIdentifier(subscription.name)
        await session.query(`alter subscription ${identifier} disable`)
        await session.query(`alter subscription ${identifier} set (slot_name = none)`)
        await session.query(`drop subscription ${identifier}`)
      }
    },
    options,
  )
}
