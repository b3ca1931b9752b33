/** Learns which objects of a database the target's administrator may not create: from both catalogs, and by trying. */
import { messageOf, QueryError } from '../../errors.js'
import { readUsableRoles } from '../../roles/index.js'
import {
  isMember,
  quoteIdentifier,
  readSubscriptionDemands,
  regclass,
  type Server,
  type Session,
} from '../../server/index.js'
import type { ListEntry } from '../tools/restore-list.js'
import { readUserMappings } from './user-mappings.js'

/** The catalogs that archive entries name; their identifiers are the same in every major. */
const catalogs = {
  accessMethod: '2601',
  cast: '2605',
  eventTrigger: '3466',
  foreignDataWrapper: '2328',
  language: '2612',
  operatorClass: '2616',
  operatorFamily: '2753',
  policy: '3256',
  procedure: '1255',
  publication: '6104',
  publicationSchema: '6237',
  subscription: '6100',
  textSearchParser: '3601',
  textSearchTemplate: '3764',
  transform: '3576',
  type: '1247',
} as const

const superuserOnly: Readonly<Record<string, string>> = {
  [catalogs.accessMethod]: 'only a superuser may create access methods',
  [catalogs.foreignDataWrapper]: 'only a superuser may create foreign-data wrappers',
  [catalogs.language]: 'only a superuser may create languages',
  [catalogs.operatorClass]: 'only a superuser may create operator classes',
  [catalogs.operatorFamily]: 'only a superuser may create operator families',
  [catalogs.textSearchParser]: 'only a superuser may create text search parsers',
  [catalogs.textSearchTemplate]: 'only a superuser may create text search templates',
  [catalogs.transform]: 'only a superuser may create the functions that a transform needs',
}

/** What is tried, and rolled back, in the staging database; providers let some of it pass. */
const probes: Readonly<Record<string, string>> = {
  [catalogs.eventTrigger]: `create function pg_temp.probe() returns event_trigger language plpgsql as 'begin end';
    create event trigger upgrade_postgres_probe on ddl_command_start execute procedure pg_temp.probe()`,
  [catalogs.publication]: 'create publication upgrade_postgres_probe for all tables',
  [catalogs.publicationSchema]:
    'create publication upgrade_postgres_probe for tables in schema public',
  [catalogs.subscription]: `create subscription upgrade_postgres_probe connection 'host=127.0.0.1 password=none'
    publication upgrade_postgres_probe with (connect = false)`,
}

const withoutPassword = `create subscription upgrade_postgres_probe connection 'host=127.0.0.1'
    publication upgrade_postgres_probe with (connect = false)`
const passwordNotRequired = `create subscription upgrade_postgres_probe connection 'host=127.0.0.1 password=none'
    publication upgrade_postgres_probe with (connect = false, password_required = false)`

/** Says why an entry cannot be restored; undefined where nothing speaks against it. */
export type Refuse = (entry: ListEntry) => string | undefined

/**
 * Reads the refusals for one database. `source` sees the snapshot, `target` is on the staging database. Base types are
 * not among them, though only a superuser may create one: columns depend on them.
 */
export async function readRefusals(
  source: Session,
  target: Session,
  server: Server,
  entries: readonly ListEntry[],
): Promise<Refuse> {
  const probed = await probe(target, new Set(entries.map(({ catalog }) => catalog)))
  const { existing } = await readUsableRoles(target, server.facts)
  const known = new Map<string, string>()
  const add = (catalog: string, oids: readonly string[], reason: string) => {
    for (const oid of oids) known.set(`${catalog} ${oid}`, reason)
  }
  add(catalogs.cast, await readCasts(source), 'only the owner of one of its types may create it')
  add(
    catalogs.procedure,
    await readPrivileged(source),
    'only a superuser may create it (LEAKPROOF, SUPPORT, an aggregate with the state type internal), or the transform that it uses',
  )
  add(
    catalogs.type,
    await readShellTypes(source),
    'only a superuser may create a type that is to be defined later',
  )
  for (const [language, oids] of await readUntrusted(source, target)) {
    add(catalogs.procedure, oids, `the language ${language} is not open to the administrator`)
  }
  add(
    catalogs.policy,
    await readPoliciesOfMissing(source, existing),
    'the target lacks one of its roles',
  )
  const mappings = await readUserMappings(source)
  const lost = new Set(
    mappings.flatMap(({ role, text }) => (role === null || existing.has(role) ? [] : [text])),
  )
  const allTables = probed.get(catalogs.publication)
  if (allTables !== undefined) add(catalogs.publication, await readAllTables(source), allTables)
  if (entries.some(({ catalog }) => catalog === catalogs.subscription)) {
    for (const [oid, reason] of await readSubscriptions(source, target)) {
      add(catalogs.subscription, [oid], reason)
    }
  }
  const label = await refusesLabels(source, target)
  return (entry) =>
    known.get(`${entry.catalog} ${entry.oid}`) ??
    superuserOnly[entry.catalog] ??
    (entry.catalog === catalogs.publication ? undefined : probed.get(entry.catalog)) ??
    (lost.has(entry.text) ? 'the target lacks its role' : undefined) ??
    (isLabel(entry) ? label : undefined)
}

function isLabel({ catalog, text }: ListEntry): boolean {
  return catalog === '0' && text.startsWith('SECURITY LABEL ')
}

/** The server's answer for each kind that the archive holds and the target refuses. */
async function probe(
  session: Session,
  present: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>()
  for (const [catalog, sql] of Object.entries(probes)) {
    if (!present.has(catalog)) continue
    const reason = await tryAndRollBack(session, sql)
    if (reason !== undefined) refused.set(catalog, reason)
  }
  return refused
}

async function tryAndRollBack(session: Session, sql: string): Promise<string | undefined> {
  try {
    await session.query(`begin; ${sql}`)
    return undefined
  } catch (error) {
    if (!(error instanceof QueryError)) throw error
    return messageOf(error.cause ?? error)
  } finally {
    await session.query('rollback')
  }
}

/** True for what neither initdb nor an extension made. */
function isUsers(catalog: string, alias: string): string {
  return `${alias}.oid >= 16384 and not ${isMember(regclass(catalog), `${alias}.oid`)}`
}

async function readOids(session: Session, sql: string): Promise<string[]> {
  return (await session.query<{ oid: string }>(sql)).map(({ oid }) => oid)
}

/** Casts without a function are for superusers; of all others the creator must own one of the types. */
function readCasts(session: Session): Promise<string[]> {
  return readOids(
    session,
    `select c.oid::pg_catalog.text as oid
       from pg_catalog.pg_cast c
      where ${isUsers('pg_cast', 'c')}
        and (c.castmethod = 'b'
             or not exists (select from pg_catalog.pg_type t
                             where t.oid in (c.castsource, c.casttarget) and ${isUsers('pg_type', 't')}))`,
  )
}

/** A transform of an extension comes with the extension. */
const usesTransform = `exists (select from pg_catalog.pg_transform f
  where f.trflang = p.prolang and f.trftype = any (p.protrftypes) and ${isUsers('pg_transform', 'f')})`

/** 12 brought support functions. */
async function readPrivileged(session: Session): Promise<string[]> {
  const [row] = await session.query<{ supports: boolean }>(
    `select pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 120000 as supports`,
  )
  const supported = row?.supports === true ? 'p.prosupport <> 0' : 'false'
  return readOids(
    session,
    `select p.oid::pg_catalog.text as oid
       from pg_catalog.pg_proc p
       left join pg_catalog.pg_aggregate a on a.aggfnoid = p.oid
      where ${isUsers('pg_proc', 'p')}
        and (p.proleakproof or ${supported} or ${usesTransform} or 'pg_catalog.internal'::pg_catalog.regtype in (a.aggtranstype, a.aggmtranstype))`,
  )
}

/** A type that has been announced, and never was defined. */
function readShellTypes(session: Session): Promise<string[]> {
  return readOids(
    session,
    `select t.oid::pg_catalog.text as oid from pg_catalog.pg_type t
      where not t.typisdefined and ${isUsers('pg_type', 't')}`,
  )
}

/** Functions by language, of untrusted languages that the administrator may not use on the target. */
async function readUntrusted(source: Session, target: Session): Promise<Map<string, string[]>> {
  const rows = await source.query<{ oid: string; language: string }>(
    `select p.oid::pg_catalog.text as oid, l.lanname::pg_catalog.text as language
       from pg_catalog.pg_proc p
       join pg_catalog.pg_language l on l.oid = p.prolang
      where ${isUsers('pg_proc', 'p')} and not l.lanpltrusted
        and not exists (select from pg_catalog.pg_aggregate a where a.aggfnoid = p.oid)`,
  )
  const open = await target.query<{ language: string }>(
    `select lanname::pg_catalog.text as language from pg_catalog.pg_language
      where pg_catalog.has_language_privilege(oid, 'usage') and lanpltrusted`,
  )
  const usable = new Set(open.map(({ language }) => language))
  const byLanguage = new Map<string, string[]>()
  for (const { oid, language } of rows) {
    if (usable.has(language)) continue
    byLanguage.set(language, [...(byLanguage.get(language) ?? []), oid])
  }
  return byLanguage
}

function readAllTables(session: Session): Promise<string[]> {
  return readOids(
    session,
    `select p.oid::pg_catalog.text as oid from pg_catalog.pg_publication p where p.puballtables`,
  )
}

/** Subscriptions that only a superuser may create, where the target lets others create any. */
async function readSubscriptions(source: Session, target: Session): Promise<[string, string][]> {
  const demands = await readSubscriptionDemands(source)
  const unsafe = demands.filter(({ requiresPassword }) => !requiresPassword)
  const bare = demands.filter(
    ({ requiresPassword, hasPassword }) => requiresPassword && !hasPassword,
  )
  const refused: [string, string][] = []
  for (const [subscriptions, sql] of [
    [unsafe, passwordNotRequired],
    [bare, withoutPassword],
  ] as const) {
    if (subscriptions.length === 0) continue
    const reason = await tryAndRollBack(target, sql)
    if (reason !== undefined) {
      refused.push(...subscriptions.map(({ oid }): [string, string] => [oid, reason]))
    }
  }
  return refused
}

async function readPoliciesOfMissing(
  session: Session,
  existing: ReadonlySet<string>,
): Promise<string[]> {
  const policies = await session.query<{ oid: string; roles: string[] }>(
    `select p.oid::pg_catalog.text as oid,
            array(select r.rolname::pg_catalog.text from pg_catalog.pg_roles r
                   where r.oid = any (p.polroles)) as roles
       from pg_catalog.pg_policy p`,
  )
  return policies
    .filter(({ roles }) => roles.some((role) => !existing.has(role)))
    .map(({ oid }) => oid)
}

/** Security labels need their provider's library on the target. */
async function refusesLabels(source: Session, target: Session): Promise<string | undefined> {
  const providers = await source.query<{ provider: string }>(
    'select distinct provider from pg_catalog.pg_seclabel',
  )
  for (const { provider } of providers) {
    const label = `security label for ${quoteIdentifier(provider)} on database ${quoteIdentifier(target.database)} is null`
    const reason = await tryAndRollBack(target, label)
    if (reason !== undefined) return reason
  }
  return undefined
}
