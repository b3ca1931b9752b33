/** Gives a validated staging database its real name, with every property of the source's, in one transaction. */
import { setTimeout as sleep } from 'node:timers/promises'
import { doing, QueryError, UpgradeError } from '../errors.js'
import type { Difference, Finding } from '../report/report.js'
import {
  commitOnce,
  isDatabaseEmpty,
  preloadRefusal,
  quoteIdentifier,
  type Server,
  type Session,
  type Attempt,
} from '../server/index.js'
import { withoutValue, type NamedValue } from '../telling/settings.js'
import { propertyStatements, type PropertyStatement } from './apply.js'
import { compareProperties } from './compare-properties.js'
import { dropSetAside } from './drop-set-aside.js'
import { databaseBeside } from './elsewhere.js'
import { endSessions, inUse, inUseError } from './end-sessions.js'
import { readProperties, type DatabaseProperties } from './properties.js'
import { covers, nameOf, type Property } from './property.js'
import { withoutSettings } from './settings.js'

export interface PublishOptions {
  readonly target: Server
  readonly stagingDatabase: string
  /** The real name. */
  readonly name: string
  /** Of the source's database. */
  readonly properties: DatabaseProperties
  /** What to do with a database of that name that is not empty. */
  readonly existingDatabase: 'refuse' | 'replace'
  /** A staging name, under which a database that stands in the way is set aside until it is dropped. */
  readonly setAside: string
  /** Everything is tried and rolled back. */
  readonly rehearsal: boolean
  readonly finding: (finding: Finding) => void
  readonly signal?: AbortSignal | undefined
  /** Asked inside the transaction, last: what it throws keeps the database from being published. */
  readonly beforeCommit: (session: Session) => Promise<void>
  /** Told before a database is set aside, so that the post step can finish the job. */
  readonly onSetAside: (name: string) => void
  /** Told when the database has its name, before what stood in its place is dropped; never of a rehearsal. */
  readonly onPublished: (oid: string | undefined) => void
  /** Told when what was set aside has been dropped, or turned out not to be empty: nobody has to drop it, or nobody may. */
  readonly onSettled: (name: string) => void
}

const renameAttempts = 8

/** What a publication has come to. */
export interface Publication {
  /** What differs from the source's properties although everything was said: then nothing is published. */
  readonly differences: readonly Difference[]
}

/**
 * Publishes; or publishes nothing, and returns what differs from the source's properties. The target shows either the old state or the new one. A property that the target does not let be said becomes a
 * finding, and so does a database that was replaced and cannot be dropped: the new one has its name by then.
 */
export async function publishDatabase(options: PublishOptions): Promise<Publication> {
  const { target, name, rehearsal } = options
  // No session may be connected to a database while it is renamed, ours included.
  return doing(`publish database ${JSON.stringify(name)} on the target`, async () => {
    // Where the checks' answer has changed since, template1 says why it lets nobody in.
    const elsewhere = (await databaseBeside(target, name)) ?? 'template1'
    const standing = await standsInTheWay(options)
    const unloadable = await readUnloadable(options, elsewhere)
    const { differences, oid, findings } = await commitOnce<Published>({
      target,
      database: elsewhere,
      signal: options.signal,
      work: (session, attempt) =>
        retryWhileInUse(session, options, () =>
          swap(session, { ...options, unloadable }, standing, attempt),
        ),
    })
    findings.forEach(options.finding)
    if (!rehearsal && differences.length === 0) {
      options.onPublished(oid)
      if (standing !== undefined) await dropSetAside(options)
    }
    return { differences }
  })
}

/** Why settings of the database would keep everybody out of it. Asked beforehand: who connects may wait for the publication. */
async function readUnloadable(
  { target, properties }: PublishOptions,
  elsewhere: string,
): Promise<ReadonlyMap<NamedValue, string>> {
  const unloadable = new Map<NamedValue, string>()
  for (const setting of properties.settings) {
    const refusal = await preloadRefusal(target, setting, elsewhere)
    if (refusal !== undefined) unloadable.set(setting, refusal)
  }
  return unloadable
}

/** The database of that name on the target, by its OID; refuses one that holds something, unless it may be replaced. */
async function standsInTheWay(options: PublishOptions): Promise<string | undefined> {
  const { target, name, existingDatabase, rehearsal } = options
  const oid = await target.withSession(undefined, (session) => oidOf(session, name))
  if (oid === undefined) return undefined
  if (existingDatabase === 'refuse' && !rehearsal && !(await isDatabaseEmpty(target, name))) {
    throw notEmpty('a database of that name is there and is not empty.')
  }
  return oid
}

function notEmpty(what: string): UpgradeError {
  return new UpgradeError(what, {
    code: 'existing-database',
    side: 'target',
    hint: 'Drop it, or set existing-database to "replace".',
  })
}

interface Published extends Publication {
  /** Of the database on the target. */
  readonly oid: string | undefined
  readonly findings: readonly Finding[]
}

async function swap(
  session: Session,
  options: PublishOptions & { readonly unloadable: ReadonlyMap<NamedValue, string> },
  standing: string | undefined,
  attempt: Attempt<Published>,
): Promise<void> {
  const { name, stagingDatabase, setAside, rehearsal, properties, target, unloadable } = options
  const findings: Finding[] = []
  const refused: Property[] = []
  await session.query('begin')
  const stands = standing !== undefined
  if (
    stands &&
    options.existingDatabase === 'refuse' &&
    (await oidOf(session, name)) !== standing
  ) {
    throw notEmpty('another database has got that name meanwhile.')
  }
  // A rehearsal leaves the standing database alone: renaming it would wait for its users.
  const published = rehearsal && stands ? stagingDatabase : name
  if (stands && !rehearsal) {
    options.onSetAside(setAside)
    await rename(session, name, setAside)
    // A template cannot be dropped (42809).
    await session.query(`alter database ${quoteIdentifier(setAside)} is_template false`)
  }
  if (published !== stagingDatabase) await rename(session, stagingDatabase, published)
  await session.query(withoutSettings(published))
  for (const statement of propertyStatements(published, properties, target.facts)) {
    const unloaded = statement.setting && unloadable.get(statement.setting)
    const refusal = unloaded ?? (await say(session, statement))
    if (refusal === undefined) continue
    const when =
      unloaded === undefined ? 'as an administrator who may' : 'once it has what is missing'
    findings.push(skipped(name, statement, refusal, when))
    refused.push(statement.property)
  }
  const now = await readProperties(session, published, target.facts.major)
  const differences = compareProperties(properties, now)
    .filter(({ property }) => !refused.some((each) => isExplained(property, each)))
    .map(({ property, ...sides }) => ({
      kind: 'database',
      object: `${name}: ${nameOf(property)}`,
      ...sides,
    }))
  const oid = await oidOf(session, published)
  const isTakenBack = rehearsal || differences.length > 0
  await options.beforeCommit(session)
  attempt.outcome = {
    value: { differences, oid, findings },
    // What is rolled back, is so whether the answer arrives or not.
    isCommitted: async (later) => isTakenBack || (await oidOf(later, name)) === oid,
  }
  await session.query(isTakenBack ? 'rollback' : 'commit')
}

async function oidOf(session: Session, name: string): Promise<string | undefined> {
  const [row] = await session.query<{ oid: string }>(
    'select oid::pg_catalog.text as oid from pg_catalog.pg_database where datname = $1',
    [name],
  )
  return row?.oid
}

/** A refused property is told as a finding; with another owner, the owner's privileges are another's as well. */
function isExplained(property: Property, refused: Property): boolean {
  return covers(refused, property) || (refused.kind === 'owner' && property.kind === 'privilege')
}

async function rename(session: Session, from: string, to: string): Promise<void> {
  await session.query(`alter database ${quoteIdentifier(from)} rename to ${quoteIdentifier(to)}`)
}

/** What a target may refuse without the database being worth less: rights we lack, roles or parameters it lacks. */
const refusals = new Set(['42501', '42602', '42704', '22023', '0A000', '0LP01', '55P02'])

/**
 * Says one property. Returns why the target refused it; anything else fails. Its savepoint is released either way: with
 * thousands of settings, each would stand inside all before it.
 */
async function say(session: Session, statement: PropertyStatement): Promise<string | undefined> {
  try {
    await session.query(`savepoint property; ${statement.sql}; release savepoint property`)
    return undefined
  } catch (error) {
    if (!(error instanceof QueryError) || !refusals.has(error.sqlState ?? '')) throw error
    await session.query('rollback to savepoint property; release savepoint property')
    return refusalOf(error, statement)
  }
}

function skipped(
  database: string,
  statement: PropertyStatement,
  refusal: string,
  when: string,
): Finding {
  return {
    check: 'database-property-skipped',
    severity: 'warning',
    database,
    object: nameOf(statement.property),
    message: `The target did not accept the ${nameOf(statement.property)} of database ${JSON.stringify(database)}: ${refusal}`,
    remedy: `-- on the target, ${when}\n${statement.told ?? statement.sql};`,
  }
}

function refusalOf({ message }: QueryError, { setting }: PropertyStatement): string {
  return setting === undefined ? message : withoutValue(message, setting)
}

/** Somebody may connect for a moment; a run of hours must not fail for it. */
async function retryWhileInUse(
  session: Session,
  options: PublishOptions,
  work: () => Promise<void>,
): Promise<void> {
  const { rehearsal, name, stagingDatabase } = options
  const ours = rehearsal ? [stagingDatabase] : [stagingDatabase, name]
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work()
      return
    } catch (error) {
      // On a session that is gone this fails as well, and says less.
      await session.query('rollback').catch(() => undefined)
      if (!(error instanceof QueryError) || error.sqlState !== inUse) throw error
      if (attempt >= renameAttempts) throw await inUseError(session, ours, error)
      await sleep(250 * attempt)
      // Just before the next attempt, so that nobody is back by then.
      await endSessions(session, ours)
    }
  }
}
