/** Refuses pairs of servers that no upgrade can work on, before anything is checked. */
import { randomInt } from 'node:crypto'
import { UpgradeError } from '../errors.js'
import { describeHost, type Server, type Session } from '../server/index.js'
import { refusePooler } from './servers/pooler.js'

/** The checks and the copy read catalogs as they are from this major on. */
const oldestMajor = 10

/**
 * Throws an `UpgradeError` when a server is older than PostgreSQL 10, when the target is older than the source or cannot be written, when a pooler stands
 * in front of either server, or when both are one server. Reads only.
 */
export async function refuseImpossiblePair(source: Server, target: Server): Promise<void> {
  for (const server of [source, target]) refuseUnsupported(server)
  refuseOlderTarget(source, target)
  refuseStandbyTarget(target)
  await refusePooler(source)
  await refusePooler(target)
  await refuseSameServer(source, target)
}

function refuseUnsupported({ side, facts }: Server): void {
  if (facts.major >= oldestMajor) return
  throw new UpgradeError(
    `The ${side} runs PostgreSQL ${facts.version}; this action knows servers from ${oldestMajor} on.`,
    {
      code: 'unsupported-version',
      side,
      hint: 'Upgrade it by pg_upgrade, or by a dump and restore by hand, to a major that is supported.',
    },
  )
}

function refuseOlderTarget(source: Server, target: Server): void {
  if (target.facts.major >= source.facts.major) return
  throw new UpgradeError(
    `The target runs PostgreSQL ${target.facts.version}, which is older than the source's ${source.facts.version}.`,
    {
      code: 'target-older',
      side: 'target',
      hint: 'Dumps restore into the same or a newer major only. Check that source-url and target-url are not swapped.',
    },
  )
}

function refuseStandbyTarget(target: Server): void {
  if (!target.facts.isStandby) return
  throw new UpgradeError(
    `The target ${describeHost(target.parameters)} is a standby (read replica), which takes no writes.`,
    {
      code: 'target-is-standby',
      side: 'target',
      hint: 'Name the primary server in "target-url": the writer endpoint, not the reader endpoint.',
    },
  )
}

interface ClusterIdentity {
  /** pg_control_system()'s system identifier; null where the role may not read it. */
  readonly identifier: string | null
}

/**
 * One server is recognised by a lock: a random advisory lock taken through the source and seen through the
 * target. Host names prove nothing. A standby has locks of its own but its primary's system identifier.
 */
async function refuseSameServer(source: Server, target: Server): Promise<void> {
  const isSame =
    (await seesLockOf(source, target)) ||
    (source.facts.isStandby && (await isSameCluster(source, target)))
  if (!isSame) return
  throw new UpgradeError(
    `The source ${describeHost(source.parameters)} and the target ${describeHost(target.parameters)} are the same server.`,
    {
      code: 'same-server',
      side: 'target',
      hint: 'Check source-url and target-url: an upgrade needs two servers.',
    },
  )
}

async function seesLockOf(source: Server, target: Server): Promise<boolean> {
  const keys = [randomInt(1, 2 ** 31), randomInt(1, 2 ** 31)]
  return source.withSession(undefined, async (holder) => {
    await holder.query('select pg_catalog.pg_advisory_lock($1::int4, $2::int4)', keys)
    return target.withSession(undefined, (session) => isLocked(session, keys), {
      settings: { default_transaction_read_only: 'on' },
    })
  })
}

async function isLocked(session: Session, keys: readonly number[]): Promise<boolean> {
  const locks = await session.query(
    `select 1 from pg_catalog.pg_locks
      where locktype = 'advisory' and granted and objsubid = 2
        and classid = $1::pg_catalog.int8::pg_catalog.oid
        and objid = $2::pg_catalog.int8::pg_catalog.oid`,
    keys,
  )
  return locks.length > 0
}

async function isSameCluster(source: Server, target: Server): Promise<boolean> {
  const [ofSource, ofTarget] = await Promise.all([source, target].map(readIdentifier))
  return ofSource !== null && ofSource !== undefined && ofSource === ofTarget
}

async function readIdentifier(server: Server): Promise<string | null> {
  return server.withSession(undefined, async (session) => {
    const [row] = await session.query<ClusterIdentity>(
      `select case when pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute')
                   then (select system_identifier::pg_catalog.text from pg_catalog.pg_control_system())
              end as identifier`,
    )
    return row?.identifier ?? null
  })
}
