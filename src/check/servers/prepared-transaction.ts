/** Prepared transactions of which nobody has decided: a dump misses what they wrote, and what they have locked on the target holds up the run. */
import {
  quoteLiteral,
  readPrepared,
  type PreparedTransaction,
  type ServerSide,
  type Session,
} from '../../server/index.js'
import type { Severity } from '../../report/report.js'
import type { Found, ServerCheck } from '../check.js'

export const preparedTransaction: ServerCheck = {
  name: 'prepared-transaction',
  scope: 'server',
  subject: 'prepared transactions',
  worst: 'blocking',
  async run({ sourceSession, targetSession, databases, isPublished }) {
    const ofSource = await readPrepared(sourceSession, databases)
    // A rehearsal leaves the databases of those names alone.
    const replaced = isPublished ? databases : []
    const inTheWay = await readPrepared(targetSession, replaced)
    const isTold = new Set(inTheWay.map(({ id }) => id))
    const holders = await readHolders(targetSession, replaced)
    return [
      ...ofSource.map((prepared) =>
        found(
          'source',
          prepared,
          'Whether its changes count is not decided: a dump would miss them, and its locks may never end.',
        ),
      ),
      ...inTheWay.map((prepared) =>
        found(
          'target',
          prepared,
          'As long as it is not decided, nothing can take the place of its database.',
        ),
      ),
      ...holders.filter(({ id }) => !isTold.has(id)).map(foundHolder),
    ]
  },
}

function found(
  side: ServerSide,
  { id, database, since }: PreparedTransaction,
  consequence: string,
  severity: Severity = 'blocking',
): Found {
  const gid = quoteLiteral(id)
  return {
    severity,
    database,
    object: id,
    message: `The transaction ${gid} has been prepared since ${since} UTC on the ${side}. ${consequence}`,
    remedy: `-- on the ${side}, in the database: either\ncommit prepared ${gid};\n-- or\nrollback prepared ${gid};`,
  }
}

function foundHolder({ held, written, ...prepared }: Holder): Found {
  return held === null
    ? found(
        'target',
        prepared,
        `It has written ${written ?? ''}: until it is decided, the run waits wherever it comes to the same role, membership, setting or database.`,
        'warning',
      )
    : found(
        'target',
        prepared,
        `It has ${held} locked, which belongs to all databases: until it is decided, the run would wait for it.`,
      )
}

interface Holder extends PreparedTransaction {
  /** What every run waits for. */
  readonly held: string | null
  /** Catalogs with rows that a run may come to. */
  readonly written: string | null
}

/** Catalogs of the whole server that are written when databases and roles are created, renamed, given their properties and dropped. */
const catalogs = [
  ...['pg_database', 'pg_authid', 'pg_auth_members', 'pg_db_role_setting'],
  ...['pg_shdepend', 'pg_shdescription', 'pg_shseclabel', 'pg_subscription'],
]

/** The rows in them that transactions wait for; of the other catalogs, a run writes rows of its own objects alone. */
const rowsOf = [
  ...['pg_database', 'pg_authid', 'pg_auth_members', 'pg_db_role_setting'],
  'pg_shdescription',
]

/**
 * Prepared transactions of any database that hold what belongs to the whole server. CREATE DATABASE locks the template against
 * those who change it, and a database is renamed when nobody has it locked. A prepared transaction has no process; its own
 * lock on its transaction identifier is what tells which of the others are its.
 */
function readHolders(session: Session, replaced: readonly string[]): Promise<Holder[]> {
  return session.query<Holder>(
    `with locks as (select * from pg_catalog.pg_locks where pid is null and granted)
     select p.gid as id, p.database::pg_catalog.text as database,
            pg_catalog.to_char(p.prepared, 'YYYY-MM-DD HH24:MI:SS') as since,
            pg_catalog.string_agg(distinct shared.held, ', ') as held,
            pg_catalog.string_agg(distinct shared.written, ', ') as written
       from pg_catalog.pg_prepared_xacts p
       join locks own on own.transactionid = p.transaction
       join locks l on l.virtualtransaction = own.virtualtransaction and l.database = 0
       left join pg_catalog.pg_database d on l.locktype = 'object' and d.oid = l.objid
            and l.classid = 'pg_catalog.pg_database'::pg_catalog.regclass
      cross join lateral (select l.relation::pg_catalog.regclass::pg_catalog.text as catalog) named
      cross join lateral (
        select case
                 when l.locktype = 'relation' and catalog = any($1::pg_catalog.text[])
                      and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
                   then catalog
                 when d.datname = 'template0' and l.mode not in ('AccessShareLock', 'RowShareLock')
                      or d.datname::pg_catalog.text = any($3::pg_catalog.text[])
                   then pg_catalog.format('database %I', d.datname)
               end as held,
               case when l.locktype = 'relation' and l.mode = 'RowExclusiveLock'
                         and catalog = any($2::pg_catalog.text[]) then catalog end as written
      ) shared
      where shared.held is not null or shared.written is not null
      group by p.gid, p.database, p.prepared order by p.prepared`,
    [catalogs, rowsOf, replaced],
  )
}
