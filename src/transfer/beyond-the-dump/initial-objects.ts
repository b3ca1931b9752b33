/**
 * What every database has from the start, the schema public, the extension plpgsql and privileges on some of the system's
 * own objects, is made like the source's. pg_dump carries neither that one was dropped nor a comment on plpgsql nor those
 * privileges, and before 15 of public neither owner nor comment (pg_dump.c, selectDumpableNamespace and
 * selectDumpableExtension). Comments and privileges of what comes with other objects are given here as well, and what pg_dump
 * forgets of tables, indexes and sequences.
 */
import type { ClientTools } from '../../client/tools.js'
import type { Difference, Finding } from '../../report/report.js'
import { readUncarriedColumnPrivileges, readUncarriedPrivileges } from '../../roles/index.js'
import { quoteLiteral, type Server, type Session, type Snapshot } from '../../server/index.js'
import { alterOwner } from '../administrator/alter-owner.js'
import { expectsDifference, objectKey } from '../administrator/left-out.js'
import { refusalFindings } from '../administrator/ownership-findings.js'
import {
  columnStatements,
  privilegeStatements,
  sameRoles,
  type Statement,
} from '../administrator/privileges.js'
import { asNewSchema, readPublicSchema } from '../administrator/public-schema.js'
import { runStatements, type RefusedStatement } from '../administrator/run-statements.js'
import { childColumnStatements } from './child-columns.js'
import { childDefaultStatements } from './child-defaults.js'
import { configurationSequenceStatements } from './configuration-sequences.js'
import { identitySequenceStatements } from './identity-sequences.js'
import { impliedComments, impliedPrivileges } from './implied-objects.js'
import { indexStatisticsStatements } from './index-statistics.js'
import { replicaIdentityStatements } from './replica-identities.js'
import { streamingStatements } from './subscription-streaming.js'

export interface InitialObjectsOptions {
  readonly source: Server
  readonly snapshot: Snapshot
  readonly target: Server
  /** As the user knows it. */
  readonly database: string
  /** Everything has been restored into it. */
  readonly stagingDatabase: string
  readonly tools: ClientTools
  readonly finding: (finding: Finding) => void
  readonly signal: AbortSignal
}

/** Since this major the tools carry the owner of public, and privileges as they differ from those that it has since then. */
const changedPublic = 15

/** Returns what the validation has to expect where the target did not let it be done; each is told in a finding. */
export async function fitInitialObjects(
  options: InitialObjectsOptions,
): Promise<(difference: Difference) => boolean> {
  const { snapshot, target, database, stagingDatabase, signal, finding } = options
  return snapshot.withSession((source) =>
    target.withSession(stagingDatabase, async (session) => {
      const wanted = await readInitialObjects(source)
      const present = await readInitialObjects(session)
      const kept = await runStatements(session, dropStatements(wanted, present), signal)
      const properties = [
        ...(isPublicLost(options) ? await publicStatements(source, session) : []),
        ...(await systemStatements(options, source)),
        ...commentStatements(wanted, present),
      ]
      const sides = [
        { session: source, major: options.source.facts.major },
        { session, major: target.facts.major },
      ] as const
      const comments = await impliedComments(...sides)
      const forgotten = [
        ...(await replicaIdentityStatements(source)),
        ...(await childColumnStatements(...sides)),
        ...(await childDefaultStatements(source, session)),
        ...(await identitySequenceStatements(source, session)),
        ...(await indexStatisticsStatements(source, session, target.facts.major)),
        ...(await configurationSequenceStatements(source, session)),
        ...(await streamingStatements(...sides)),
      ]
      const refused = [
        ...(await runStatements(session, properties, signal)),
        ...(await runStatements(session, [...comments, ...forgotten], signal)).filter(
          isOfSomethingThere,
        ),
      ]
      for (const found of [...kept.map(keptFinding), ...refusalFindings(refused)]) {
        finding({ ...found, database })
      }
      return expected(kept, refused)
    }),
  )
}

interface InitialObject {
  /** As `type name`; it is how DROP and COMMENT name it. */
  readonly object: string
  readonly comment: string | null
}

async function readInitialObjects(session: Session): Promise<InitialObject[]> {
  return session.query<InitialObject>(`
    select 'schema public' as object, pg_catalog.obj_description(oid, 'pg_namespace') as comment
      from pg_catalog.pg_namespace where nspname = 'public'
     union all
    select 'extension plpgsql', pg_catalog.obj_description(oid, 'pg_extension')
      from pg_catalog.pg_extension where extname = 'plpgsql'`)
}

function dropStatements(
  wanted: readonly InitialObject[],
  present: readonly InitialObject[],
): Statement[] {
  return present
    .filter(({ object }) => !wanted.some((each) => each.object === object))
    .map(({ object }) => ({ sql: `drop ${object}`, what: `that there is no ${object}`, object }))
}

function commentStatements(
  wanted: readonly InitialObject[],
  present: readonly InitialObject[],
): Statement[] {
  return wanted
    .filter(({ object, comment }) =>
      present.some((each) => each.object === object && each.comment !== comment),
    )
    .map(({ object, comment }) => ({
      sql: `comment on ${object} is ${comment === null ? 'null' : quoteLiteral(comment)}`,
      what: `the comment on ${object}`,
      object,
    }))
}

/** Whether public has not got its owner or its privileges yet: without a superuser, all of them are given anyway. */
function isPublicLost({ tools, target }: InitialObjectsOptions): boolean {
  return Math.min(tools.major, target.facts.major) < changedPublic && target.facts.isSuperuser
}

async function publicStatements(source: Session, target: Session): Promise<Statement[]> {
  const schema = await readPublicSchema(source)
  if (schema === null) return []
  const object = 'schema public'
  return [
    { sql: alterOwner(schema), what: `the owner of ${object}`, object },
    ...privilegeStatements(await asNewSchema(schema, target), sameRoles),
  ]
}

/** Without a superuser, all privileges are given anyway. */
async function systemStatements(
  { source, target }: InitialObjectsOptions,
  reader: Session,
): Promise<Statement[]> {
  if (!target.facts.isSuperuser) return []
  const objects = await readUncarriedPrivileges(reader, source.facts.provider)
  const columns = await readUncarriedColumnPrivileges(reader, source.facts.provider)
  return [
    ...objects.flatMap((each) => privilegeStatements(each, sameRoles)),
    ...columns.flatMap((each) => columnStatements(each, sameRoles)),
    ...(await impliedPrivileges(
      { session: reader, major: source.facts.major },
      target.facts.major,
      sameRoles,
    )),
  ]
}

/** Comments go with what was left out, or has another name on the target, without a word. */
function isOfSomethingThere({ reason }: RefusedStatement): boolean {
  return !reason.endsWith(' does not exist')
}

function keptFinding({ sql, object, reason }: RefusedStatement): Omit<Finding, 'database'> {
  return {
    check: 'initial-object-kept',
    severity: 'note',
    object,
    message: `The source has no ${object}. Every new database has it, and the target did not let it be dropped: ${reason}.`,
    remedy: `-- on the target, in the database, as a superuser\n${sql};`,
  }
}

function expected(
  kept: readonly RefusedStatement[],
  refused: readonly RefusedStatement[],
): (difference: Difference) => boolean {
  const isTold = expectsDifference({
    administrator: '',
    replacedOwners: new Set(),
    ownedInstead: new Set(),
    objects: new Set(),
    refused: new Set(refused.map(({ object }) => objectKey(object))),
  })
  const keptObjects = new Set(kept.map(({ object }) => object))
  return (difference) => {
    const { kind, object, source } = difference
    const isKept = keptObjects.has(object) || keptObjects.has(`${kind} ${object}`)
    return isTold(difference) || (source === null && isKept)
  }
}
