/** Extensions of the source that the target cannot create, or creates differently. */
import type { CheckName } from '../../report/check-names.js'
import { quoteIdentifier, type Server, type Session } from '../../server/index.js'
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'
import { findEventTriggers } from './event-triggers.js'
import { findRegistrations } from './registrations.js'
import { findReplication } from './replication.js'
import { isNewer, isOtherGeneration, preloading, readAllowList } from './rules.js'

interface InstalledExtension {
  readonly name: string
  readonly version: string
  readonly schema: string
  /** Whether ALTER EXTENSION … SET SCHEMA moves it. */
  readonly isRelocatable: boolean
}

/** What the target offers under that name; its default version, which is what a dump creates. */
interface OfferedExtension {
  readonly name: string
  readonly version: string
  /** The schema that it insists on, if any. */
  readonly schema: string | null
  readonly needsSuperuser: boolean
}

export type Extension = InstalledExtension & { readonly offered: OfferedExtension | undefined }

const known = new WeakMap<DatabaseContext, Promise<Extension[]>>()

/** The extensions of the source's database, and what the target offers in their place; several checks ask, it is read once. */
export function readExtensions(context: DatabaseContext): Promise<Extension[]> {
  const extensions = known.get(context) ?? readBothSides(context)
  known.set(context, extensions)
  return extensions
}

async function readBothSides({
  sourceSession,
  target,
  targetSession,
}: DatabaseContext): Promise<Extension[]> {
  const installed = await sourceSession.query<InstalledExtension>(
    `select e.extname::pg_catalog.text as name, e.extversion as version,
            n.nspname::pg_catalog.text as schema, e.extrelocatable as "isRelocatable"
       from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
      order by 1`,
  )
  const offered = await readOffered(target, targetSession)
  return installed.map((extension) => ({
    ...extension,
    offered: offered.find(({ name }) => name === extension.name),
  }))
}

/**
 * 13 brought trusted extensions, which anyone with CREATE on the database may create. The server reads a file for each
 * version of each extension that it has.
 */
function readOffered(target: Server, session: Session): Promise<OfferedExtension[]> {
  const trusted = target.facts.major >= 13 ? 'v.trusted' : 'false'
  return session.query<OfferedExtension>(
    `select e.name::pg_catalog.text as name, e.default_version as version,
            v.schema::pg_catalog.text as schema, v.superuser and not ${trusted} as "needsSuperuser"
       from pg_catalog.pg_available_extensions e
       left join pg_catalog.pg_available_extension_versions v
         on v.name = e.name and v.version = e.default_version`,
  )
}

/** A check that says at most one thing of each extension. */
function extensionCheck(
  name: CheckName,
  subject: string,
  worst: Found['severity'],
  judge: (extension: Extension, context: DatabaseContext) => Omit<Found, 'object'> | undefined,
): DatabaseCheck {
  return {
    name,
    scope: 'database',
    subject,
    worst,
    async run(context) {
      const extensions = await readExtensions(context)
      return extensions.flatMap((extension) => {
        const found = judge(extension, context)
        return found === undefined ? [] : { ...found, object: extension.name }
      })
    },
  }
}

const dropUnless = (way: string, name: string) =>
  `-- ${way}; or on the source, if nothing needs it:\ndrop extension ${quoteIdentifier(name)};`

const missing = extensionCheck(
  'extension-missing',
  'whether the target offers every extension',
  'blocking',
  (extension) =>
    extension.offered === undefined
      ? {
          severity: 'blocking',
          message: `The extension ${extension.name} ${extension.version} is not available on the target.`,
          remedy: dropUnless('install the package that holds it on the target', extension.name),
        }
      : undefined,
)

const schema = extensionCheck(
  'extension-schema',
  'the schemas of the extensions',
  'blocking',
  (extension) => {
    const wanted = extension.offered?.schema ?? extension.schema
    if (wanted === extension.schema) return undefined
    return {
      severity: 'blocking',
      message: `The extension ${extension.name} is in the schema ${quoteIdentifier(extension.schema)}, but on the target it can only be in ${quoteIdentifier(wanted)}.`,
      remedy: extension.isRelocatable
        ? `-- on the source\ncreate schema if not exists ${quoteIdentifier(wanted)};\nalter extension ${quoteIdentifier(extension.name)} set schema ${quoteIdentifier(wanted)};`
        : `On the source, drop the extension and create it again WITH SCHEMA ${quoteIdentifier(wanted)}; what uses it has to go and come back with it.`,
    }
  },
)

const version = extensionCheck(
  'extension-version',
  'the versions of the extensions',
  'warning',
  (extension) => {
    const { name, offered } = extension
    if (offered === undefined) return undefined
    const text = `The extension ${name} is ${extension.version} on the source, and will be ${offered.version} on the target`
    if (isNewer(extension.version, offered.version)) {
      return {
        severity: 'warning',
        message: `${text}, which is older: what only the newer one has will be missing.`,
        remedy: 'Install the newer version of the extension on the target.',
      }
    }
    if (!isOtherGeneration(extension.version, offered.version)) return undefined
    return {
      severity: 'warning',
      message: `${text}. Between these its own tables and functions may differ, and a dump carries the contents of the old ones.`,
      remedy: `Read the extension's notes on upgrading; where the source offers a version of the target's generation, ALTER EXTENSION ${quoteIdentifier(name)} UPDATE there first.`,
    }
  },
)

const privilege = extensionCheck(
  'extension-privilege',
  'whether the role of the target may create every extension',
  'blocking',
  ({ name, offered }, { target }) => {
    // Providers let their administrators create what is on the allow-list, whatever the catalogs say.
    const isUnable =
      offered?.needsSuperuser === true &&
      !target.facts.isSuperuser &&
      target.facts.provider === 'self-managed'
    if (!isUnable) return undefined
    return {
      severity: 'blocking',
      message: `Only a superuser may create the extension ${name} on the target, and ${quoteIdentifier(target.facts.user)} is none.`,
      // Not in template1 beforehand: databases are created from template0.
      remedy: dropUnless('use a superuser in target-url', name),
    }
  },
)

const notAllowed: DatabaseCheck = {
  name: 'extension-not-allowed',
  scope: 'database',
  subject: "the provider's list of allowed extensions",
  worst: 'blocking',
  async run(context) {
    const list = await readAllowList(context.targetSession)
    if (list === undefined) return []
    const extensions = await readExtensions(context)
    return extensions
      .filter(({ name, offered }) => offered !== undefined && name !== 'plpgsql' && !list.has(name))
      .map(({ name }) => ({
        severity: 'blocking',
        object: name,
        message: `The extension ${name} is not on the target's list of allowed extensions (${list.setting}).`,
        remedy: `Add ${name} to the server parameter ${list.setting} of the target.`,
      }))
  },
}

const preload: DatabaseCheck = {
  name: 'extension-preload',
  scope: 'database',
  subject: 'which libraries the target loads at start',
  worst: 'blocking',
  async run(context) {
    const wanted = (await readExtensions(context)).flatMap(({ name, offered }) => {
      const rule = preloading.get(name)
      return offered === undefined || rule === undefined ? [] : { name, ...rule }
    })
    if (wanted.length === 0) return []
    const [row] = await context.targetSession.query<{ libraries: string }>(
      `select setting as libraries from pg_catalog.pg_settings where name = 'shared_preload_libraries'`,
    )
    const loaded = row?.libraries.split(',').map((name) => name.trim().replaceAll('"', ''))
    return wanted
      .filter(({ library }) => loaded?.includes(library) !== true)
      .map(({ name, library, creating }) => ({
        severity: creating && loaded !== undefined ? 'blocking' : 'warning',
        object: name,
        message:
          loaded === undefined
            ? `The extension ${name} needs ${library} in shared_preload_libraries of the target, which this role may not read.`
            : `The extension ${name} needs ${library} in shared_preload_libraries of the target, and it is not there: ${creating ? 'it cannot be created' : 'it can be created, but not used'}.`,
        remedy: `Add ${library} to shared_preload_libraries of the target and restart it.`,
      }))
  },
}

const procedureOfItsOwn = extensionCheck(
  'extension-procedure',
  'extensions that need a procedure of their own',
  'blocking',
  ({ name }, { database }) => {
    if (name === 'timescaledb') {
      return {
        severity: 'blocking',
        message:
          'TimescaleDB must be told before and after a restore (timescaledb_pre_restore, timescaledb_post_restore), must have the same version on both sides, and its chunks may not be restored in parallel. This action does none of that.',
        remedy:
          'Leave the database out with "exclude-databases", and move it as TimescaleDB\'s manual says.',
      }
    }
    if (name === 'pg_cron') {
      return {
        severity: 'blocking',
        message: `pg_cron can only be created in the database that cron.database_name of the target names, and ${quoteIdentifier(database)} is filled under another name before it gets its own. Its jobs would also run on both servers.`,
        remedy:
          '-- on the source, from when on its jobs may rest: keep them in a table, which is moved\ncreate table public.saved_cron_jobs as select * from cron.job;\ndrop extension pg_cron;\n-- after the upgrade, on the target: create extension pg_cron; and cron.schedule() for each row of that table',
      }
    }
    return undefined
  },
)

const procedure: DatabaseCheck = {
  ...procedureOfItsOwn,
  async run(context) {
    const names = new Set((await readExtensions(context)).map(({ name }) => name))
    return [
      ...(await procedureOfItsOwn.run(context)),
      ...(await findReplication(context.sourceSession, names)),
      ...(await findEventTriggers(context.sourceSession, context.target)),
      ...findRegistrations(names),
    ]
  },
}

export const extensionChecks: readonly DatabaseCheck[] = [
  missing,
  notAllowed,
  privilege,
  preload,
  schema,
  version,
  procedure,
]
