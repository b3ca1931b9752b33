/** Foreign servers that are the source itself: after the move they would read the old server. */
import type { DatabaseCheck, DatabaseContext, Found } from '../check.js'

/** The wrappers whose options are the keywords of libpq. */
const wrappers = ['postgres_fdw', 'dblink_fdw']
const defaultPort = '5432'
const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|::1|\/.*)$/

interface ForeignServer {
  readonly name: string
  /** `host` and `hostaddr`, where they are given. */
  readonly addresses: readonly string[]
  readonly port: string | null
}

/** A server without an address is whatever server it is on. */
function readServers({ sourceSession }: DatabaseContext): Promise<ForeignServer[]> {
  const option = (names: string) =>
    `select o.option_value from pg_catalog.pg_options_to_table(s.srvoptions) o where o.option_name in (${names})`
  return sourceSession.query<ForeignServer>(
    `select s.srvname::pg_catalog.text as name, array(${option(`'host', 'hostaddr'`)}) as addresses,
            (${option(`'port'`)}) as port
       from pg_catalog.pg_foreign_server s
       join pg_catalog.pg_foreign_data_wrapper w on w.oid = s.srvfdw
      where w.fdwname = any($1::pg_catalog.name[]) order by 1`,
    [wrappers],
  )
}

/** Where the source is: as the run reaches it, and as it knows itself. */
async function addressesOfSource({ source, sourceSession }: DatabaseContext): Promise<Set<string>> {
  const [row] = await sourceSession.query<{ address: string | null }>(
    'select pg_catalog.host(pg_catalog.inet_server_addr()) as address',
  )
  const { host, hostaddr } = source.parameters
  const known = [host, hostaddr, row?.address].filter((each) => typeof each === 'string')
  return new Set(known.map((each) => each.toLowerCase()))
}

export const foreignServerSource: DatabaseCheck = {
  name: 'foreign-server-source',
  scope: 'database',
  subject: 'whether foreign servers are the source itself',
  worst: 'warning',
  async run(context) {
    const servers = await readServers(context)
    if (servers.length === 0) return []
    const { source, target } = context
    const known = await addressesOfSource(context)
    // On another machine its own address means the target.
    const isSameMachine = loopback.test(target.parameters.host)
    return servers.flatMap(({ name, addresses, port }): Found[] => {
      const address = addresses.find(
        (each) => known.has(each.toLowerCase()) && (isSameMachine || !loopback.test(each)),
      )
      if (address === undefined) return []
      if ((port ?? defaultPort) !== String(source.parameters.port)) return []
      return [
        {
          severity: 'warning',
          object: name,
          message: `The foreign server ${JSON.stringify(name)} is at ${JSON.stringify(address)}, which is the source itself. It is moved as it is: on the target its foreign tables read and write the old server.`,
          remedy:
            'Unless that address will lead to the target, give the server the address of the target once the database has been moved: ALTER SERVER … OPTIONS (SET host …).',
        },
      ]
    })
  },
}
