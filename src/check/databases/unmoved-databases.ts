/** What the source says of postgres and template1 themselves, of which every server has its own: nothing carries it to the target's. */
import { isProviderRole } from '../../roles/index.js'
import { quoteIdentifier, readFilledConfigurationTables, type Session } from '../../server/index.js'
import {
  compareProperties,
  covers,
  nameOf,
  propertiesBeforeFreeze,
  propertyStatements,
  readProperties,
  type ChangedProperty,
} from '../../staging/index.js'
import type { Found, ServerCheck, ServerContext } from '../check.js'
import { unlessItFails } from '../run-check.js'
import { readDatabases } from './databases.js'
import { compareTemplateContents } from './template-contents.js'

export const unmovedDatabase: ServerCheck = {
  name: 'database-not-moved',
  scope: 'server',
  subject: 'what is said of the databases postgres and template1',
  worst: 'warning',
  async run(context) {
    const { sourceSession, targetSession, databases, isPart = false } = context
    // The plan, which has all databases, has told it.
    if (isPart) return []
    const found: Found[] = []
    for (const name of ['postgres', 'template1'] as const) {
      if (databases.includes(name)) continue
      const [here] = await readDatabases(sourceSession, [name])
      const [there] = await readDatabases(targetSession, [name])
      if (here === undefined || there === undefined) continue
      found.push(...(await compareItself(context, name)))
      if (!here.admits || (name === 'template1' && !there.admits)) continue
      // A server may keep everybody out of the one, and let them into the other.
      const { subject, look } = inside[name]
      const ofPart = { ...unmovedDatabase, subject }
      found.push(...(await unlessItFails(ofPart, context, () => look(context))))
    }
    return found
  },
}

type UnmovedName = 'postgres' | 'template1'

interface Initial {
  readonly comment: string
  /** What PUBLIC may do. */
  readonly privileges: readonly string[]
}

/** As initdb makes them. */
const initial: Readonly<Record<UnmovedName, Initial>> = {
  postgres: {
    comment: 'default administrative connection database',
    privileges: ['CONNECT', 'TEMPORARY'],
  },
  template1: { comment: 'default template for new databases', privileges: ['CONNECT'] },
}

interface Inside {
  /** To fill "could not check …". */
  readonly subject: string
  readonly look: (context: ServerContext) => Promise<Found[]>
}

/** What takes a session in the database. */
const inside: Readonly<Record<UnmovedName, Inside>> = {
  postgres: {
    subject: 'whether an extension keeps rows of users in the database postgres',
    look: findRows,
  },
  template1: {
    subject: 'what new databases get from template1',
    look: compareTemplateContents,
  },
}

async function compareItself(
  { source, sourceSession, target, targetSession }: ServerContext,
  name: UnmovedName,
): Promise<Found[]> {
  const { provider, major } = source.facts
  const before = propertiesBeforeFreeze(await readProperties(sourceSession, name, major))
  const after = await readProperties(targetSession, name, target.facts.major)
  const ownerIsChosen =
    provider === 'self-managed' && !(await isBootstrap(sourceSession, before.owner))
  const isSaid = ({ property, source: value }: ChangedProperty): boolean => {
    const { comment, privileges } = initial[name]
    switch (property.kind) {
      case 'owner':
        return ownerIsChosen
      case 'comment':
        return value !== null && value !== comment
      case 'connection limit':
        return value !== '-1'
      case 'setting':
        return value !== null && !isProviderRole(property.role ?? '', provider)
      case 'privilege': {
        const { privilege, grantee } = property
        if (grantee === null) return (value === null) === privileges.includes(privilege)
        return value !== null && grantee !== before.owner && !isProviderRole(grantee, provider)
      }
      // A property of a statement; and template1 is one everywhere.
      case 'privileges':
      case 'template':
        return false
    }
  }
  const lost = compareProperties(before, after).filter(isSaid)
  if (lost.length === 0) return []
  const statements = propertyStatements(name, before, { isSuperuser: false })
    .filter((said) => lost.some(({ property }) => covers(said.property, property)))
    .map(({ sql, told }) => `${told ?? sql};`)
  const told = lost.map(
    ({ property, source: value }) => `${value === null ? 'no ' : ''}${nameOf(property)}`,
  )
  return [
    {
      severity: 'warning',
      database: name,
      object: 'properties',
      message: `The database ${quoteIdentifier(name)} is not moved, and what the source says of it does not hold for the one that the target has: ${told.join(', ')}.`,
      remedy: `-- on the target, after the upgrade\n${statements.join('\n')}`,
    },
  ]
}

/** Every server has one role of this number, whatever its name, to which everything belongs that initdb makes. */
async function isBootstrap(session: Session, role: string): Promise<boolean> {
  const [row] = await session.query(
    'select from pg_catalog.pg_roles where oid = 10 and rolname = $1',
    [role],
  )
  return row !== undefined
}

/** It would have been chosen by itself; rows such as the jobs of pg_cron often concern the other databases. */
async function findRows({ source }: ServerContext): Promise<Found[]> {
  const extensions = await source.withSession('postgres', async (session) => {
    const filled = await readFilledConfigurationTables(session)
    return session.query<{ name: string }>(
      `select extname::pg_catalog.text as name from pg_catalog.pg_extension
        where extconfig && $1::pg_catalog.oid[] order by 1`,
      [filled],
    )
  })
  return extensions.map(({ name }) => ({
    severity: 'warning',
    database: 'postgres',
    object: `extension ${quoteIdentifier(name)}`,
    message: `The database "postgres" is not among those to be moved, and the extension ${quoteIdentifier(name)} keeps rows of users in it.`,
    remedy: `Have "databases" name "postgres" too, or create on the target what these rows stand for.`,
  }))
}
