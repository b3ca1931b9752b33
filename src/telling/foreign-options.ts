/** Which options of foreign data wrappers, servers, tables and columns are told with their values: each wrapper has its own names for secrets. */
import { parseSetting } from './settings.js'

/** Of postgres_fdw, with the keywords of libpq that hold no secret; of file_fdw; and what many wrappers call the same. */
const harmless = new Set(
  `host hostaddr port dbname connect_timeout application_name client_encoding target_session_attrs sslmode
   use_remote_estimate fdw_startup_cost fdw_tuple_cost extensions fetch_size batch_size async_capable updatable truncatable
   keep_connections parallel_commit parallel_abort analyze_sampling schema_name table_name column_name
   filename format header delimiter quote escape null encoding force_not_null force_null
   user username server servername address database schema table column readonly`.split(/\s+/),
)

/** `name=value` as the catalogs hold it, with asterisks for the value unless the option is known to hold no secret. */
export function toldOption(option: string): string {
  const { name } = parseSetting(option)
  return harmless.has(name.toLowerCase()) ? option : `${name}=***`
}
