/** Checks of the databases as such: do they exist, may they be connected to, is their place on the target free. */
import { ConnectionError, messageOf } from '../../errors.js'
import { foreseeUsableRoles } from '../../roles/index.js'
import {
  hasUserObjects,
  holdsAnythingToMove,
  isGlob,
  isLostConnection,
  quoteIdentifier,
  quoteLiteral,
} from '../../server/index.js'
import type { Session } from '../../server/index.js'
import { readLiveSubscriptions, type LiveSubscription } from '../../staging/index.js'
import type { Found, ServerCheck, ServerContext } from '../check.js'
import { lendingRemedy, reasonNotLent } from '../roles/borrowing.js'
import { readUnendableSessions } from '../servers/unendable-sessions.js'

export interface DatabaseRow {
  readonly name: string
  readonly allowsConnections: boolean
  /** False where it allows none, or its privileges or a CONNECTION LIMIT of 0 keep the role of the session out. */
  readonly admits: boolean
  /** What an interrupted DROP DATABASE leaves behind: datconnlimit -2. */
  readonly isInvalid: boolean
}

/** The databases of the given names that exist on the server of that session. */
export function readDatabases(session: Session, names: readonly string[]): Promise<DatabaseRow[]> {
  return session.query<DatabaseRow>(
    `select datname::pg_catalog.text as name, datallowconn as "allowsConnections",
            datallowconn and pg_catalog.has_database_privilege(oid, 'connect')
              and (datconnlimit <> 0 or (select rolsuper from pg_catalog.pg_roles
                                          where rolname = current_user)) as admits,
            datconnlimit = -2 as "isInvalid"
       from pg_catalog.pg_database where datname::pg_catalog.text = any($1::pg_catalog.text[])
      order by datname`,
    [names],
  )
}

const missing: ServerCheck = {
  name: 'database-missing',
  scope: 'server',
  subject: 'whether the databases exist on the source',
  worst: 'blocking',
  async run({ sourceSession, databases, databasesAreNames = false }) {
    const rows = await readDatabases(sourceSession, databases)
    const existing = new Set(rows.map(({ name }) => name))
    return databases
      .filter((name) => !existing.has(name))
      .map((name) => ({
        severity: 'blocking',
        database: name,
        message: `The source has no database ${quoteIdentifier(name)}${!databasesAreNames && isGlob(name) ? ', nor one that this matches as a pattern' : ''}.`,
        remedy: 'Correct the name in "databases", or leave it out.',
      }))
  },
}

const invalid: ServerCheck = {
  name: 'database-invalid',
  scope: 'server',
  subject: 'whether a DROP DATABASE was interrupted',
  worst: 'blocking',
  async run({ sourceSession, targetSession, databases }) {
    const sides = [
      ['source', await readDatabases(sourceSession, databases)],
      ['target', await readDatabases(targetSession, databases)],
    ] as const
    return sides.flatMap(([side, rows]) =>
      rows
        .filter(({ isInvalid }) => isInvalid)
        .map(({ name }) => ({
          severity: 'blocking',
          database: name,
          message: `The database ${quoteIdentifier(name)} on the ${side} is what an interrupted DROP DATABASE left behind; nobody can connect to it.`,
          remedy: `-- on the ${side}\ndrop database ${quoteIdentifier(name)};`,
        })),
    )
  },
}

const refusesConnections: ServerCheck = {
  name: 'database-refuses-connections',
  scope: 'server',
  subject: 'whether the databases allow connections',
  worst: 'blocking',
  async run({ sourceSession, databases }) {
    const rows = await readDatabases(sourceSession, databases)
    return rows
      .filter(({ allowsConnections }) => !allowsConnections)
      .map(({ name }) => ({
        severity: 'blocking',
        database: name,
        message: `The database ${quoteIdentifier(name)} on the source allows no connections, so it cannot be dumped.`,
        remedy: `-- on the source; or leave the database out with "exclude-databases"\nalter database ${quoteIdentifier(name)} with allow_connections true;`,
      }))
  },
}

const notEmpty: ServerCheck = {
  name: 'database-not-empty',
  scope: 'server',
  subject: 'whether the databases on the target are empty',
  worst: 'blocking',
  async run(context) {
    const rows = await readDatabases(context.targetSession, context.databases)
    const found: Found[] = []
    for (const row of rows) {
      if (row.isInvalid) continue
      const isEmpty = row.admits && (await isEmptyOnTarget(context, row.name))
      if (!isEmpty) found.push(occupied(row, context))
    }
    if (context.existingDatabase !== 'replace') return found
    const live = await readLiveSubscriptions(context.targetSession, context.databases)
    return [...found, ...live.map(receiving)]
  },
}

function isEmptyOnTarget({ target }: ServerContext, name: string): Promise<boolean> {
  return target.withSession(name, async (session) => !(await hasUserObjects(session)), {
    settings: { default_transaction_read_only: 'on' },
  })
}

function occupied(
  { name, admits }: DatabaseRow,
  { existingDatabase, isPublished, target }: ServerContext,
): Found {
  const what = admits
    ? 'it is not empty'
    : `${JSON.stringify(target.facts.user)} may not connect to it to see whether it is empty`
  const place = `The target already has a database ${quoteIdentifier(name)}, and ${what}`
  if (existingDatabase === 'replace') {
    return {
      severity: 'warning',
      database: name,
      message: `${place}. It will be replaced, after the new one has been validated.`,
      remedy: `-- on the target, to keep it under another name; or set "existing-database" to "refuse"\nalter database ${quoteIdentifier(name)} rename to ${quoteIdentifier(`${name.slice(0, 40)}_before_upgrade`)};`,
    }
  }
  // A rehearsal publishes nothing, so nothing stands in its way.
  return {
    severity: isPublished ? 'blocking' : 'warning',
    database: name,
    message: isPublished
      ? `${place}.`
      : `${place}. The rehearsal leaves it alone; the upgrade will be refused, because "existing-database" is "refuse".`,
    remedy: `-- on the target; or set "existing-database" to "replace", and it goes only after the new one is validated\ndrop database ${quoteIdentifier(name)};`,
  }
}

function receiving({ database, name, slot }: LiveSubscription): Found {
  return {
    severity: 'warning',
    database,
    object: `subscription ${quoteIdentifier(name)}`,
    message: `The database ${quoteIdentifier(database)} of the target is to be replaced, and its subscription ${quoteIdentifier(name)} is enabled. The new one does not have it. The old one is kept under another name as long as the subscription is in it: otherwise the slot ${JSON.stringify(slot)} would keep the publisher's log until its disk is full.`,
    remedy: `-- on the target, in the database; drops the slot on the publisher as well\ndrop subscription ${quoteIdentifier(name)};`,
  }
}

const notOwned: ServerCheck = {
  name: 'database-not-owned',
  scope: 'server',
  subject: 'whose the databases on the target are',
  worst: 'blocking',
  async run({ target, targetSession, databases, isPublished }) {
    const { facts } = target
    if (facts.isSuperuser) return []
    // Only its owner may rename or drop a database (manual, ALTER DATABASE), an empty one too.
    const rows = await targetSession.query<{ name: string; owner: string }>(
      `select datname::pg_catalog.text as name, pg_catalog.pg_get_userbyid(datdba)::pg_catalog.text as owner
         from pg_catalog.pg_database
        where datname::pg_catalog.text = any($1::pg_catalog.text[])
          and not pg_catalog.pg_has_role(datdba, 'usage')
        order by 1`,
      [databases],
    )
    if (rows.length === 0) return []
    const { usable, withheld } = await foreseeUsableRoles(targetSession, facts)
    return rows
      .filter(({ owner }) => !usable.has(owner))
      .map(({ name, owner }) => {
        const members = withheld.get(owner)
        const lent = members && lendingRemedy(owner, members, facts)
        return {
          severity: isPublished ? 'blocking' : 'warning',
          database: name,
          object: `role ${JSON.stringify(owner)}`,
          message: `The target already has a database ${quoteIdentifier(name)}, and it belongs to ${JSON.stringify(owner)}; ${JSON.stringify(facts.user)} may not put another in its place${members === undefined ? '' : `: ${reasonNotLent(owner, members, facts)}`}.`,
          remedy:
            lent ??
            `-- on the target, as a superuser; or leave the database out with "exclude-databases"\nalter database ${quoteIdentifier(name)} owner to ${quoteIdentifier(facts.user)};`,
        }
      })
  },
}

const inUse: ServerCheck = {
  name: 'database-in-use',
  scope: 'server',
  subject: 'who is connected to the databases of the target',
  worst: 'warning',
  async run({ target, targetSession, databases, isPublished }) {
    if (!isPublished) return []
    const { facts } = target
    const user = quoteIdentifier(facts.user)
    const { usable } = await foreseeUsableRoles(targetSession, facts)
    return (await readUnendableSessions(targetSession, databases))
      .filter(({ role }) => !usable.has(role))
      .map(({ name, role, isSuperuser, count }) => ({
        severity: 'warning',
        database: name,
        object: `sessions of ${JSON.stringify(role)}`,
        message: `The database ${quoteIdentifier(name)} of the target is to be replaced, and ${count === 1 ? 'a session' : `${count} sessions`} of ${quoteIdentifier(role)} in it cannot be ended by ${user}: the new one is not published where they are still there after the move.`,
        remedy: isSuperuser
          ? "Stop what connects there before the run, and for the time of it; only a superuser may end a superuser's sessions."
          : `-- on the target, as a superuser; or stop what connects there before the run, and for the time of it\ngrant pg_signal_backend to ${user};`,
      }))
  },
}

const templateChanged: ServerCheck = {
  name: 'template-changed',
  scope: 'server',
  subject: 'whether a template database was changed',
  worst: 'warning',
  async run({ source, sourceSession, databases }) {
    const templates = await sourceSession.query<{ name: string }>(
      `select datname::pg_catalog.text as name from pg_catalog.pg_database
        where (datistemplate or datname = 'template1') and datallowconn and datconnlimit <> -2
          and pg_catalog.has_database_privilege(oid, 'connect')
          and not datname::pg_catalog.text = any($1::pg_catalog.text[])
        order by datname`,
      [databases],
    )
    const found: Found[] = []
    for (const { name } of templates) {
      let isEmpty: boolean
      try {
        isEmpty = !(await source.withSession(name, holdsAnythingToMove))
      } catch (error) {
        if (isLostConnection(error) || !(error instanceof ConnectionError)) throw error
        found.push({
          severity: 'warning',
          database: name,
          message: `Could not see whether the template database ${quoteIdentifier(name)} holds anything of its own: ${messageOf(error)}`,
          remedy:
            'Look by hand. Templates are only moved by name: databases created on the target later will not have what it holds.',
        })
        continue
      }
      if (isEmpty && name === 'template1') continue
      found.push({
        severity: 'note',
        database: name,
        message: isEmpty
          ? `The template database ${quoteIdentifier(name)} is not moved: templates only are by name. The target will have none of that name.`
          : `The template database ${quoteIdentifier(name)} holds objects or default privileges of its own. Templates are only moved by name: databases created on the target later will not have these.`,
        remedy:
          name === 'template1'
            ? 'Create the objects in the template1 of the target by hand; every server has its own, which cannot be replaced.'
            : `Name ${quoteLiteral(name)} in "databases" to move it too.`,
      })
    }
    return found
  },
}

export const databaseChecks: readonly ServerCheck[] = [
  missing,
  invalid,
  refusesConnections,
  notEmpty,
  notOwned,
  inUse,
  templateChanged,
]
