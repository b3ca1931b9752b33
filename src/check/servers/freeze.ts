/** What a source that is read-only means for the target, and whether the run may freeze it. */
import type { Severity } from '../../report/report.js'
import { withUnicodeEscapes } from '../../report/unicode-escapes.js'
import {
  isFreezing,
  isReadOnly,
  quoteIdentifier,
  otherRunHint,
  readBefore,
  readFreezingRuns,
  readOnlySetting,
  readOnlyValues,
  releaseStatements,
} from '../../server/index.js'
import type { Check, DatabaseCheck, Found, ServerCheck, ServerContext } from '../check.js'
import { readUnendableSessions } from './unendable-sessions.js'

const sourceFrozen: ServerCheck = {
  name: 'source-frozen',
  scope: 'server',
  subject: 'whether the databases of the source are read-only',
  worst: 'warning',
  async run(context) {
    const found: Found[] = []
    for (const name of context.databases) found.push(...(await lookAt(context, name)))
    return found
  },
}

async function lookAt({ sourceSession }: ServerContext, name: string) {
  const values = (await readOnlyValues(sourceSession, name)).filter(({ here }) => here)
  const found: Found[] = []
  if (values.some(({ value }) => isFreezing(value))) {
    const before = await readBefore(sourceSession, name)
    found.push({
      severity: 'note',
      database: name,
      message: `The database ${quoteIdentifier(name)} was left read-only on the source by an earlier run with "freeze-source". The target gets what was set before.`,
      remedy: `-- on the source, to let it be written to again\n${releaseStatements([before])}`,
    })
  }
  if (values.some(({ role, value }) => role === null && isReadOnly(value) && !isFreezing(value))) {
    found.push({
      severity: 'warning',
      database: name,
      message: `The database ${quoteIdentifier(name)} has ${readOnlySetting} on the source, which no run of this action has set. The setting is moved: applications cannot write to the target either.`,
      remedy: `-- on the source, unless the target is to be read-only as well; "freeze-source" makes read-only for the time of the run\nset ${readOnlySetting} = off;\nalter database ${quoteIdentifier(name)} reset ${readOnlySetting};`,
    })
  }
  return found
}

const notAllowed: ServerCheck = {
  name: 'freeze-not-allowed',
  scope: 'server',
  subject: 'whether the run may freeze the databases of the source',
  worst: 'blocking',
  async run(context) {
    if (!context.freezeSource) return []
    const frozen = await frozenByOthers(context)
    if (context.source.facts.isSuperuser) return frozen
    return [
      ...frozen,
      ...(await databasesOfOthers(context)),
      ...(await rolesOfOthers(context)),
      ...(await sessionsOfOthers(context)),
    ]
  },
}

/** A rehearsal freezes nothing, so nothing stands in its way. */
function severityOf({ isPublished }: ServerContext): Severity {
  return isPublished ? 'blocking' : 'warning'
}

/** Its freeze would end with that run. One that is dead has no session any more, and its freeze is taken over. */
async function frozenByOthers(context: ServerContext): Promise<Found[]> {
  const { sourceSession, databases, source } = context
  const runs = await readFreezingRuns(sourceSession, databases, source.applicationName)
  return runs.map(({ database, who }) => ({
    severity: severityOf(context),
    database,
    object: 'another run',
    message: `"freeze-source" is set, and the database ${quoteIdentifier(database)} is frozen by another run that is still at work on the source: ${who}.`,
    remedy: otherRunHint,
  }))
}

/** Only its owner may set anything for a database (manual, ALTER DATABASE). */
async function databasesOfOthers(context: ServerContext): Promise<Found[]> {
  const { sourceSession, databases, source } = context
  const user = quoteIdentifier(source.facts.user)
  const rows = await sourceSession.query<{ name: string; owner: string }>(
    `select datname::pg_catalog.text as name, pg_catalog.pg_get_userbyid(datdba)::pg_catalog.text as owner
       from pg_catalog.pg_database
      where datname::pg_catalog.text = any($1::pg_catalog.text[])
        and not pg_catalog.pg_has_role(datdba, 'usage')
      order by 1`,
    [databases],
  )
  return rows.map(({ name, owner }) => ({
    severity: severityOf(context),
    database: name,
    object: `role ${JSON.stringify(owner)}`,
    message: `"freeze-source" is set, and the database ${quoteIdentifier(name)} belongs to ${quoteIdentifier(owner)}: ${user} may not make it read-only on the source.`,
    remedy: `-- on the source, as a superuser; or leave "freeze-source" out\ngrant ${quoteIdentifier(owner)} to ${user};`,
  }))
}

/** A role whose own setting would win has to be frozen as well; since 16 CREATEROLE reaches roles with ADMIN option only. */
async function rolesOfOthers(context: ServerContext): Promise<Found[]> {
  const { sourceSession, databases, source } = context
  const user = quoteIdentifier(source.facts.user)
  const needsAdmin = source.facts.major >= 16
  const rows = await sourceSession.query<{ role: string; isSuperuser: boolean }>(
    `select distinct r.rolname::pg_catalog.text as role, r.rolsuper as "isSuperuser"
       from pg_catalog.pg_db_role_setting s
       join pg_catalog.pg_roles r on r.oid = s.setrole
       join pg_catalog.pg_roles me on me.rolname = current_user
       left join pg_catalog.pg_database d on d.oid = s.setdatabase
      where exists (select from pg_catalog.unnest(s.setconfig) as c
                     where pg_catalog.split_part(c, '=', 1) = $2::pg_catalog.text)
        and (s.setdatabase = 0 or d.datname::pg_catalog.text = any($1::pg_catalog.text[]))
        and r.oid <> me.oid
        and (r.rolsuper or not me.rolcreaterole
             ${needsAdmin ? `or not pg_catalog.pg_has_role(r.oid, 'usage with admin option')` : ''})
      order by 1`,
    [databases, readOnlySetting],
  )
  return rows.map(({ role, isSuperuser }) => ({
    severity: severityOf(context),
    object: `role ${JSON.stringify(role)}`,
    message: `"freeze-source" is set, and the role ${quoteIdentifier(role)} has a ${readOnlySetting} of its own, which wins over the database's: ${user} may not change it on the source.`,
    remedy: isSuperuser
      ? 'Use a superuser in "source-url", or leave "freeze-source" out.'
      : [
          '-- on the source, as a superuser; or leave "freeze-source" out',
          `alter role ${user} createrole;`,
          ...(needsAdmin ? [`grant ${quoteIdentifier(role)} to ${user} with admin option;`] : []),
        ].join('\n'),
  }))
}

/** Sessions keep the default that they began with, so the freeze ends them. Some may be gone by then. */
async function sessionsOfOthers(context: ServerContext): Promise<Found[]> {
  const { sourceSession, databases, source } = context
  const user = quoteIdentifier(source.facts.user)
  const rows = await readUnendableSessions(sourceSession, databases)
  return rows.map(({ name, role, isSuperuser, count }) => ({
    severity: 'warning',
    database: name,
    object: `sessions of ${JSON.stringify(role)}`,
    message: `"freeze-source" is set, and ${count === 1 ? 'a session' : `${count} sessions`} of ${quoteIdentifier(role)} in the database ${quoteIdentifier(name)} cannot be ended by ${user}: the freeze fails where they are still there.`,
    remedy: isSuperuser
      ? "End them before the run; only a superuser may end a superuser's sessions."
      : `-- on the source, as a superuser; or end them before the run\ngrant pg_signal_backend to ${user};`,
  }))
}

const loginTrigger: DatabaseCheck = {
  name: 'login-trigger',
  scope: 'database',
  subject: 'event triggers for logins',
  worst: 'warning',
  async run({ sourceSession, freezeSource, database }) {
    if (!freezeSource) return []
    const rows = await sourceSession.query<{ name: string; called: string; always: boolean }>(
      `select e.evtname::pg_catalog.text as name, e.evtenabled = 'A' as always,
              e.evtfoid::pg_catalog.regprocedure::pg_catalog.text as called
         from pg_catalog.pg_event_trigger e
        where e.evtevent = 'login' and e.evtenabled in ('O', 'A')
        order by 1`,
    )
    return rows.map(({ name, called, always }) => ({
      severity: 'warning',
      object: `event trigger ${JSON.stringify(name)}`,
      message: `"freeze-source" is set, and the event trigger ${quoteIdentifier(name)} of the database ${quoteIdentifier(database)} on the source calls ${called} at every login: where that writes, nobody for whom it fires can log in to the database until it is released.`,
      remedy: `-- on the source; it arrives disabled: afterwards, on both sides, alter event trigger ${withUnicodeEscapes(quoteIdentifier(name))} enable${always ? ' always' : ''}\nalter event trigger ${quoteIdentifier(name)} disable;`,
    }))
  },
}

export const freezeChecks: readonly Check[] = [sourceFrozen, notAllowed, loginTrigger]
