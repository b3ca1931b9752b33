/** What newer versions of PostgreSQL's own extensions no longer have as it was, by the scripts that upgrade them. */

export interface ChangedMember {
  readonly extension: string
  /** The version from which on it is so. */
  readonly since: string
  readonly change:
    /** It has gone. */
    | 'gone'
    /** A function that is called as before, but takes other types or more arguments: only a grant names them. */
    | 'arguments'
    /** A function whose result has other columns, in other places. */
    | 'result'
  readonly kind: 'column' | 'function' | 'operator'
  /** How many columns, from the first on, are where and what they were; of a result. */
  readonly intact?: number
  /** Without its schema: a column with its relation, a function with its types, an operator with its left type. */
  readonly member: string
}

type Kind = ChangedMember['kind']
type Change = ChangedMember['change']

const changed =
  (change: Change, kind: Kind) => (extension: string, since: string, members: readonly string[]) =>
    members.map((member): ChangedMember => ({ extension, since, change, kind, member }))

const columns = changed('gone', 'column')
const functions = changed('gone', 'function')
const operators = changed('gone', 'operator')
const inArguments = changed('arguments', 'function')
const inResult = (
  extension: string,
  since: string,
  member: string,
  intact: number,
): ChangedMember => ({ extension, since, change: 'result', kind: 'function', member, intact })

const ofStatements = (...names: readonly string[]) =>
  names.map((name) => `pg_stat_statements.${name}`)

export const changedMembers: readonly ChangedMember[] = [
  ...functions('adminpack', '2.0', [
    'pg_file_length(text)',
    'pg_file_read(text, bigint, bigint)',
    'pg_logfile_rotate()',
  ]),
  ...functions('cube', '1.4', ['g_cube_compress(internal)', 'g_cube_decompress(internal)']),
  ...operators('cube', '1.5', ['@(cube)', '~(cube)']),
  ...operators('hstore', '1.8', ['@(hstore)', '~(hstore)']),
  ...operators('intarray', '1.5', ['@(_int4)', '~(_int4)']),
  ...inArguments('pageinspect', '1.9', [
    'bt_page_items(text, integer)',
    'bt_page_stats(text, integer)',
    'get_raw_page(text, integer)',
    'get_raw_page(text, text, integer)',
    'page_checksum(bytea, integer)',
  ]),
  inResult('pageinspect', '1.9', 'bt_metap(text)', 6),
  inResult('pageinspect', '1.9', 'bt_page_stats(text, integer)', 9),
  inResult('pageinspect', '1.12', 'brin_page_items(bytea, regclass)', 6),
  inResult('pg_buffercache', '1.6', 'pg_buffercache_evict(integer)', 0),
  ...inArguments('pg_stat_statements', '1.7', ['pg_stat_statements_reset()']),
  ...columns(
    'pg_stat_statements',
    '1.8',
    ofStatements('max_time', 'mean_time', 'min_time', 'stddev_time', 'total_time'),
  ),
  ...columns('pg_stat_statements', '1.11', ofStatements('blk_read_time', 'blk_write_time')),
  ...inArguments('pg_stat_statements', '1.11', ['pg_stat_statements_reset(oid, oid, bigint)']),
  inResult('pg_stat_statements', '1.8', 'pg_stat_statements(boolean)', 4),
  inResult('pg_stat_statements', '1.9', 'pg_stat_statements(boolean)', 2),
  inResult('pg_stat_statements', '1.10', 'pg_stat_statements(boolean)', 30),
  inResult('pg_stat_statements', '1.11', 'pg_stat_statements(boolean)', 28),
  inResult('pg_stat_statements', '1.12', 'pg_stat_statements(boolean)', 37),
  ...functions('pg_walinspect', '1.1', [
    'pg_get_wal_records_info_till_end_of_wal(pg_lsn)',
    'pg_get_wal_stats_till_end_of_wal(pg_lsn, boolean)',
  ]),
  ...inArguments('postgres_fdw', '1.2', ['postgres_fdw_get_connections()']),
  inResult('postgres_fdw', '1.2', 'postgres_fdw_get_connections()', 1),
  ...functions('seg', '1.3', ['gseg_compress(internal)', 'gseg_decompress(internal)']),
  ...operators('seg', '1.4', ['@(seg)', '~(seg)']),
]
