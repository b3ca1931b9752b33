/** Parameters of connection strings that are not libpq's, though URLs that people paste have them: what to do about each. */

const leaveOut = 'leave it out'
const allSchemas = 'leave it out, all schemas are moved'
const roots = 'write sslmode=verify-full and sslrootcert instead'
const clientPair = 'write sslcert and sslkey instead'

/** Of Prisma, JDBC, Npgsql, Rails, pgx, SQLAlchemy and node-postgres, in the case that these want. */
const remedies: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    pgbouncer: 'leave it out, and name the server itself and not the pooler before it',
    connection_limit: leaveOut,
    pool_timeout: leaveOut,
    socket_timeout: leaveOut,
    statement_cache_size: leaveOut,
    schema: allSchemas,
    sslaccept: roots,
    sslidentity: clientPair,
    currentSchema: allSchemas,
    search_path: allSchemas,
    ApplicationName: leaveOut,
    loginTimeout: 'write connect_timeout instead',
    socketTimeout: leaveOut,
    prepareThreshold: leaveOut,
    sslfactory: roots,
    ssl: 'write sslmode instead, as in sslmode=require',
    uselibpqcompat: leaveOut,
    supa: leaveOut,
    pool: leaveOut,
    encoding: leaveOut,
    reconnect: leaveOut,
    prepared_statements: leaveOut,
    pool_max_conns: leaveOut,
    default_query_exec_mode: leaveOut,
  }),
)

/** The end of a sentence about the keyword; undefined for one that is not known here. */
export function describeForeign(keyword: string): string | undefined {
  const remedy = remedies.get(keyword)
  return remedy === undefined
    ? undefined
    : `${JSON.stringify(keyword)} is a parameter of another driver, not of libpq; ${remedy}`
}
