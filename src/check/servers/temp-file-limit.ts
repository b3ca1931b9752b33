/** A limit of the target's role for temporary files, which the sort for an index would pass. */
import { formatBytes } from '../../report/format.js'
import { quoteIdentifier, type Session } from '../../server/index.js'
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'

interface Build {
  readonly index: string
  readonly bytes: number
}

/** Bytes; undefined where there is no limit. */
async function readLimit(session: Session): Promise<number | undefined> {
  const [row] = await session.query<{ kilobytes: string }>(
    `select s.setting as kilobytes from pg_catalog.pg_settings s where s.name = 'temp_file_limit'`,
  )
  const kilobytes = Number(row?.kilobytes ?? -1)
  return kilobytes < 0 ? undefined : kilobytes * 1024
}

/** What each row takes in a sort besides its columns. */
const entryBytes = 20

/**
 * The index whose build writes most. Its size is less than that where equal keys are stored once; what is known of its columns
 * is nothing before an ANALYZE. BRIN, GIN and SP-GiST sort nothing that is written out. `offset 0` has the view of all statistics
 * read once, and not for each index.
 */
async function readBiggestBuild(session: Session): Promise<Build | undefined> {
  const [row] = await session.query<Build>(
    `select ${identity('pg_class', 'b.oid')} as index, b.bytes
       from (select c.oid,
                    greatest(pg_catalog.pg_relation_size(c.oid),
                             c.reltuples * (${entryBytes} + coalesce(pg_catalog.sum(s.avg_width), 0))
                            )::pg_catalog.float8 as bytes
               from pg_catalog.pg_index i
               join pg_catalog.pg_class c on c.oid = i.indexrelid
               join pg_catalog.pg_am m on m.oid = c.relam
               join pg_catalog.pg_class t on t.oid = i.indrelid
               join pg_catalog.pg_namespace n on n.oid = t.relnamespace
               join pg_catalog.pg_attribute k on k.attrelid = c.oid
               left join pg_catalog.pg_attribute a
                 on a.attrelid = t.oid and a.attnum = i.indkey[k.attnum - 1] and a.attnum > 0
               left join (select schemaname, tablename, attname, avg_width
                            from pg_catalog.pg_stats where not inherited offset 0) s
                 on s.schemaname = n.nspname
                and s.tablename = case when a.attnum is null then c.relname else t.relname end
                and s.attname = coalesce(a.attname, k.attname)
              where c.relkind = 'i' and i.indisvalid and m.amname in ('btree', 'hash', 'gist')
                and ${isUsersRelation('t', 'n')}
              group by c.oid, c.reltuples) b
      order by b.bytes desc limit 1`,
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
    const build = await readBiggestBuild(sourceSession)
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
