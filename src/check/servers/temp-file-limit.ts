/** A limit of the target's role for temporary files, which the sort for an index would pass. */
import { formatBytes } from '../../report/format.js'
import { quoteIdentifier, type Session } from '../../server/index.js'
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'

interface Build {
  readonly index: string
  readonly bytes: number
}

interface Limit {
  /** Kilobytes, for this session. */
  readonly setting: string
  /** What is set for the maintenance database alone, where no index is built. */
  readonly isOfDatabase: boolean
  /** As they were written: the role's own for any database comes before that of all roles. */
  readonly elsewhere: readonly string[]
}

/** Bytes, for a database that is created new and has no settings of its own yet; undefined where there is no limit, or none is known. */
async function readLimit(session: Session): Promise<number | undefined> {
  const [limit] = await session.query<Limit>(
    `select s.setting, s.source in ('database', 'database user') as "isOfDatabase",
            array(select pg_catalog.split_part(c.setting, '=', 2)
                    from pg_catalog.pg_db_role_setting d, pg_catalog.unnest(d.setconfig) c (setting)
                   where d.setdatabase = 0 and c.setting like 'temp\\_file\\_limit=%'
                     and (d.setrole = 0 or d.setrole = (select oid from pg_catalog.pg_roles where rolname = session_user))
                   order by d.setrole = 0) as elsewhere
       from pg_catalog.pg_settings s where s.name = 'temp_file_limit'`,
  )
  const kilobytes =
    limit?.isOfDatabase === true
      ? limit.elsewhere.map(toKilobytes)[0]
      : Number(limit?.setting ?? -1)
  return kilobytes === undefined || kilobytes < 0 ? undefined : kilobytes * 1024
}

const kilobytesIn = { '': 1, B: 1 / 1024, kB: 1, MB: 1024, GB: 1024 ** 2, TB: 1024 ** 3 }

/** Reads a setting as it was written: `1GB`, `-1`. */
function toKilobytes(written: string): number {
  const [, number = '-1', unit = ''] = /^ *(-?[\d.]+) *([kMGT]?B)?/.exec(written) ?? []
  return Number(number) * kilobytesIn[unit as keyof typeof kilobytesIn]
}

/** What each row takes in a sort besides its columns. */
const entryBytes = 20

interface Candidate {
  readonly oid: string
  readonly index: string
  readonly table: string
}

/** Indexes whose build may write more, whatever is in their columns: an entry fits on a page. BRIN, GIN and SP-GiST sort nothing that is written out. */
function readCandidates(session: Session, limit: number): Promise<Candidate[]> {
  return session.query<Candidate>(
    `select c.oid, c.relname::pg_catalog.text as index, t.relname::pg_catalog.text as table
       from (select c.oid, c.relname, c.relam from pg_catalog.pg_class c
              where c.relkind = 'i' and c.relnamespace <> 'pg_toast'::pg_catalog.regnamespace
                and greatest(pg_catalog.pg_relation_size(c.oid),
                             c.reltuples * (${entryBytes} + pg_catalog.current_setting('block_size')::pg_catalog.float8)) > $1
             offset 0) c
       join pg_catalog.pg_index i on i.indexrelid = c.oid
       join pg_catalog.pg_am m on m.oid = c.relam
       join pg_catalog.pg_class t on t.oid = i.indrelid
       join pg_catalog.pg_namespace n on n.oid = t.relnamespace
      where i.indisvalid and m.amname in ('btree', 'hash', 'gist') and ${isUsersRelation('t', 'n')}`,
    [limit],
  )
}

/**
 * Of these the index whose build writes most. Its size is less than that where equal keys are stored once; what is known of its columns
 * is nothing before an ANALYZE. `offset 0` has the view of the statistics read once, and not for each index.
 */
async function readBiggestBuild(
  session: Session,
  candidates: readonly Candidate[],
): Promise<Build | undefined> {
  const [row] = await session.query<Build>(
    `select ${identity('pg_class', 'b.oid')} as index, b.bytes
       from (select c.oid,
                    greatest(pg_catalog.pg_relation_size(c.oid),
                             c.reltuples * (${entryBytes} + coalesce(pg_catalog.sum(s.avg_width), 0))
                            )::pg_catalog.float8 as bytes
               from pg_catalog.pg_index i
               join pg_catalog.pg_class c on c.oid = i.indexrelid
               join pg_catalog.pg_class t on t.oid = i.indrelid
               join pg_catalog.pg_namespace n on n.oid = t.relnamespace
               join pg_catalog.pg_attribute k on k.attrelid = c.oid
               left join pg_catalog.pg_attribute a
                 on a.attrelid = t.oid and a.attnum = i.indkey[k.attnum - 1] and a.attnum > 0
               left join (select schemaname, tablename, attname, avg_width
                            from pg_catalog.pg_stats where not inherited and tablename = any($2::pg_catalog.name[]) offset 0) s
                 on s.schemaname = n.nspname
                and s.tablename = case when a.attnum is null then c.relname else t.relname end
                and s.attname = coalesce(a.attname, k.attname)
              where i.indexrelid = any($1::pg_catalog.oid[])
              group by c.oid, c.reltuples) b
      order by b.bytes desc limit 1`,
    [
      candidates.map(({ oid }) => oid),
      [...new Set(candidates.flatMap(({ index, table }) => [index, table]))],
    ],
  )
  return row
}

export const tempFileLimit: DatabaseCheck = {
  name: 'temp-file-limit',
  scope: 'database',
  subject: 'whether temp_file_limit of the target lets the largest index be built',
  worst: 'warning',
  async run({ sourceSession, targetSession, target: { facts } }) {
    // A run of a superuser lifts it.
    if (facts.isSuperuser) return []
    const limit = await readLimit(targetSession)
    if (limit === undefined) return []
    const candidates = await readCandidates(sourceSession, limit)
    if (candidates.length === 0) return []
    const build = await readBiggestBuild(sourceSession, candidates)
    if (build === undefined || build.bytes <= limit) return []
    return [
      {
        severity: 'warning',
        object: build.index,
        message: `To build index ${build.index}, the target sorts about ${formatBytes(build.bytes)}. The role ${JSON.stringify(facts.user)} of target-url may write ${formatBytes(limit)} of temporary files there (temp_file_limit): what does not fit into memory would fail late in the run.`,
        remedy: `-- on the target, as a superuser or with the means of the provider\nalter role ${quoteIdentifier(facts.user)} set temp_file_limit = -1;`,
        remedyInDatabase: false,
      },
    ]
  },
}
