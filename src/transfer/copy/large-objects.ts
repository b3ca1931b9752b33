/** Copies large objects: content, owner, privileges and comment, under the same OIDs. */
import {
  isInRange,
  privilegesOf,
  quoteIdentifier,
  quoteLiteral,
  readLargeObjectRanges,
  type OidRange,
  type Privilege,
  type Session,
} from '../../server/index.js'
import { privilegeStatements, sameRoles } from '../administrator/privileges.js'
import { sourceSession, timed, type CopyContext } from './context.js'
import type { Slot } from './scheduler.js'
import { inTransaction } from './transaction.js'

interface LargeObject {
  readonly oid: string
  readonly owner: string
  readonly comment: string | null
  /** Null where only the owner has privileges, as from the start. */
  readonly privileges: readonly Privilege[] | null
  /** Those of a new one of that owner. */
  readonly defaults: readonly Privilege[] | null
}

/** Each large object that a transaction touches takes a lock: many of them need many transactions (pgcopydb #1057). */
const batch = 200
const chunkBytes = 4 * 1024 * 1024
/** Weight of one large object for the scheduler, in bytes of a table: what creating it costs. */
const weightOfOne = 20_000
const objectsPerRange = 2500

/** Large objects that one session copies after each other. */
export interface LargeObjectRange extends OidRange {
  /** For the scheduler. */
  readonly weight: number
}

/** All large objects that the snapshot sees. */
export async function readLargeObjects(source: Session): Promise<LargeObjectRange[]> {
  const [row] = await source.query<{ count: string }>(
    'select pg_catalog.count(*) as count from pg_catalog.pg_largeobject_metadata',
  )
  const count = Number(row?.count ?? 0)
  if (count === 0) return []
  const ranges = await readLargeObjectRanges(source, objectsPerRange)
  return ranges.map((range) => ({ ...range, weight: (count / ranges.length) * weightOfOne }))
}

export interface LargeObjectOptions {
  /** False with --no-owner. */
  readonly owners: boolean
  /** False with --no-privileges. */
  readonly privileges: boolean
  /** False with --no-comments. */
  readonly comments: boolean
}

/** Copies those of a range, one batch after the other. */
export async function copyLargeObjects(
  context: CopyContext,
  slot: Slot,
  range: OidRange,
  options: LargeObjectOptions,
): Promise<void> {
  await timed(context, { slot, kind: 'copy', object: 'large objects' }, async () => {
    for (let left: OidRange = range; left.from <= range.to;) {
      const objects = await readBatch(await sourceSession(context, slot), left)
      const last = objects.at(-1)
      if (last === undefined) return
      await inTransaction(context, slot, {
        what: `copy large objects from ${objects[0]?.oid ?? ''} on`,
        work: (target) => writeBatch(context, slot, { target, objects, options }),
      })
      left = { ...range, from: Number(last.oid) + 1 }
    }
  })
}

async function readBatch(source: Session, range: OidRange): Promise<LargeObject[]> {
  return source.query<LargeObject>(
    `select l.oid::pg_catalog.text as oid,
            pg_catalog.pg_get_userbyid(l.lomowner)::pg_catalog.text as owner,
            pg_catalog.obj_description(l.oid, 'pg_largeobject') as comment,
            ${privilegesOf('l.lomacl')} as privileges,
            ${privilegesOf(`case when l.lomacl is not null then pg_catalog.acldefault('L', l.lomowner) end`)} as defaults
       from pg_catalog.pg_largeobject_metadata l
      where ${isInRange(range)}
      order by l.oid
      limit ${batch}`,
  )
}

interface Batch {
  readonly target: Session
  readonly objects: readonly LargeObject[]
  readonly options: LargeObjectOptions
}

/** Small contents arrive with one query for the whole batch; a large one follows piece by piece. */
async function writeBatch(context: CopyContext, slot: Slot, batch: Batch): Promise<void> {
  const { target, objects, options } = batch
  const source = await sourceSession(context, slot)
  const piece = Math.floor(chunkBytes / objects.length)
  const oids = objects.map(({ oid }) => oid)
  const heads = await source.query<{ oid: string; content: Buffer }>(
    `select o.oid::pg_catalog.text as oid, pg_catalog.lo_get(o.oid, 0, $2::pg_catalog.int4) as content
       from unnest($1::pg_catalog.oid[]) as o (oid)`,
    [oids, piece],
  )
  await target.query(
    `select pg_catalog.lo_from_bytea(o.oid, o.content)
       from unnest($1::pg_catalog.oid[], $2::pg_catalog.bytea[]) as o (oid, content)`,
    [heads.map(({ oid }) => oid), heads.map(({ content }) => content)],
  )
  for (const { oid, content } of heads) {
    context.passed(content.length)
    if (content.length === piece) await writeTail(context, { source, target, oid, from: piece })
  }
  const statements = objects.flatMap((object) => describeObject(object, options))
  if (statements.length > 0) await target.query(statements.join(';\n'))
}

async function writeTail(
  context: CopyContext,
  tail: { source: Session; target: Session; oid: string; from: number },
): Promise<void> {
  for (let offset = tail.from; ; offset += chunkBytes) {
    const [row] = await tail.source.query<{ content: Buffer }>(
      'select pg_catalog.lo_get($1::pg_catalog.oid, $2::pg_catalog.int8, $3::pg_catalog.int4) as content',
      [tail.oid, offset, chunkBytes],
    )
    const content = row?.content ?? Buffer.alloc(0)
    if (content.length > 0) {
      await tail.target.query(
        'select pg_catalog.lo_put($1::pg_catalog.oid, $2::pg_catalog.int8, $3::pg_catalog.bytea)',
        [tail.oid, offset, content],
      )
    }
    context.passed(content.length)
    if (content.length < chunkBytes) return
  }
}

/** Owner first: the owner's own privileges are those that he starts with. */
function describeObject(object: LargeObject, options: LargeObjectOptions): string[] {
  const name = `large object ${object.oid}`
  const owner = options.owners ? [`alter ${name} owner to ${quoteIdentifier(object.owner)}`] : []
  const comment =
    options.comments && object.comment !== null
      ? [`comment on ${name} is ${quoteLiteral(object.comment)}`]
      : []
  return [...owner, ...comment, ...(options.privileges ? grantStatements(object) : [])]
}

/** Only a superuser's large objects get them here, who may grant as anybody. */
function grantStatements({ oid, owner, privileges, defaults }: LargeObject): string[] {
  const object = { type: 'large object', identity: oid, owner, privileges, defaults }
  return privilegeStatements(object, sameRoles).map(({ sql }) => sql)
}
