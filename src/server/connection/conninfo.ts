/** A server's connection parameters as the client tools take them: safe in argv, without a password. */
import type { ConnectionParameters } from '../server.js'
import { silenceMs } from './patience.js'

/** Keywords that came late, with the first major whose libpq knows them; an older one takes them for a mistake. */
const since: Readonly<Record<string, number>> = {
  channel_binding: 13,
  ssl_min_protocol_version: 13,
  ssl_max_protocol_version: 13,
  require_auth: 16,
  sslnegotiation: 17,
}

/** Keywords and values for the tools of that major. */
export function conninfoOf(
  parameters: ConnectionParameters,
  clientMajor: number,
): Record<string, string | number> {
  const late = new Set(unknownToTools(parameters, clientMajor))
  const pairs = Object.entries(pairsOf(parameters))
  return Object.fromEntries(
    pairs.flatMap(([key, value]) => (value === undefined || late.has(key) ? [] : [[key, value]])),
  )
}

/** Which of the given parameters the tools of that major cannot be told. */
export function unknownToTools(parameters: ConnectionParameters, clientMajor: number): string[] {
  return Object.entries(pairsOf(parameters))
    .filter(([key, value]) => value !== undefined && clientMajor < (since[key] ?? 0))
    .map(([key]) => key)
}

function pairsOf(parameters: ConnectionParameters): Record<string, string | number | undefined> {
  return {
    host: parameters.host,
    hostaddr: parameters.hostaddr,
    port: parameters.port,
    user: parameters.user,
    sslmode: parameters.sslmode,
    sslrootcert: parameters.sslrootcert,
    sslcert: parameters.sslcert,
    sslkey: parameters.sslkey,
    sslnegotiation: parameters.sslnegotiation,
    ssl_min_protocol_version: parameters.sslMinProtocolVersion,
    ssl_max_protocol_version: parameters.sslMaxProtocolVersion,
    channel_binding: parameters.channelBinding,
    require_auth: parameters.requireAuth,
    // A tool asks once. By then our own sessions have been let in, and would wait through such a silence.
    connect_timeout: Math.max(parameters.connectTimeoutSeconds, silenceMs / 1000),
    // A firewall that forgets idle connections must not cut a transfer (Azure does within minutes).
    keepalives: 1,
    keepalives_idle: 10,
    keepalives_interval: 10,
    keepalives_count: 60,
  }
}
