/** What goes with an empty database of the target when the new one is put in its place. */
import { hasUserObjects, quoteIdentifier, type Session } from '../../server/index.js'
import {
  compareProperties,
  localeCandidates,
  nameOf,
  readProperties,
  type ChangedProperty,
  type DatabaseProperties,
} from '../../staging/index.js'
import type { Found, ServerCheck, ServerContext } from '../check.js'
import { readDatabases } from './databases.js'

/** One that is not empty is the subject of `database-not-empty`. */
export const replacedDatabase: ServerCheck = {
  name: 'database-replaced',
  scope: 'server',
  subject: 'what empty databases on the target have',
  worst: 'note',
  async run(context) {
    const { sourceSession, targetSession, databases, isPublished } = context
    if (!isPublished) return []
    const existing = new Set((await usable(sourceSession, databases)).map(({ name }) => name))
    const found: Found[] = []
    for (const { name } of await usable(targetSession, databases)) {
      if (!existing.has(name)) continue
      const lost = await lostWith(context, name)
      if (lost.length > 0) found.push(replaced(name, lost))
    }
    return found
  },
}

async function usable(session: Session, names: readonly string[]) {
  const rows = await readDatabases(session, names)
  return rows.filter(({ admits, isInvalid }) => admits && !isInvalid)
}

function replaced(name: string, lost: readonly string[]): Found {
  return {
    severity: 'note',
    database: name,
    message: `The target has an empty database ${quoteIdentifier(name)}, and the new one is put in its place. What the source's database does not have goes with the old one: ${lost.join(', ')}.`,
    remedy:
      'Give what is to stay to the database on the source before the upgrade, or to the one on the target after it.',
  }
}

/** What the target's database has and the source's has not; nothing where it is not empty. */
async function lostWith(
  { source, sourceSession, target, targetSession }: ServerContext,
  name: string,
): Promise<string[]> {
  const extensions = await target.withSession(
    name,
    async (session) =>
      (await hasUserObjects(session)) ? undefined : await readExtensionNames(session),
    { settings: { default_transaction_read_only: 'on' } },
  )
  if (extensions === undefined) return []
  const arriving =
    extensions.length === 0
      ? []
      : await source.withSession(name, (each) => readExtensionNames(each))
  const wanted = await readProperties(sourceSession, name, source.facts.major)
  const existing = await readProperties(targetSession, name, target.facts.major)
  return [
    ...lostForm(wanted, existing),
    ...extensions
      .filter((extension) => !arriving.includes(extension))
      .map((extension) => `extension ${quoteIdentifier(extension)}`),
    ...lostProperties(wanted, existing),
  ]
}

/** The new one is created with the encoding and the locale of the source's, in a spelling that the target's system knows. */
function lostForm(source: DatabaseProperties, target: DatabaseProperties): string[] {
  const { localeProvider, locale, icuRules, collate, ctype } = target
  const isSpelled = localeCandidates(source).some(
    (candidate) => candidate.collate === collate && candidate.ctype === ctype,
  )
  const isSame =
    isSpelled &&
    localeProvider === source.localeProvider &&
    locale === source.locale &&
    icuRules === source.icuRules
  return [
    ...(target.encoding === source.encoding ? [] : [`encoding ${target.encoding}`]),
    ...(isSame ? [] : [`locale ${JSON.stringify(locale ?? collate)}`]),
  ]
}

async function readExtensionNames(session: Session): Promise<string[]> {
  const rows = await session.query<{ name: string }>(
    `select extname::pg_catalog.text as name from pg_catalog.pg_extension
      where extname <> 'plpgsql' order by 1`,
  )
  return rows.map(({ name }) => name)
}

/** Every new database has an owner, and privileges that nobody gave. */
function lostProperties(source: DatabaseProperties, target: DatabaseProperties): string[] {
  const isGiven = ({ property, target: value }: ChangedProperty): boolean => {
    if (property.kind === 'owner') return false
    if (property.kind === 'connection limit') return value !== '-1'
    if (property.kind === 'template') return value === 'true'
    if (property.kind !== 'privilege') return value !== null
    return value !== null && !target.hasDefaultPrivileges && property.grantee !== target.owner
  }
  return compareProperties(source, target)
    .filter(isGiven)
    .map(({ property }) => nameOf(property))
}
