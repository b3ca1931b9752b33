/** Settings as SQL: what stands behind `ALTER ROLE … ` or `ALTER DATABASE … ` for a value out of a catalog. */
import { quoteIdentifier, quoteLiteral } from '../server/index.js'

/** The parameters that hold a list of quoted names (GUC_LIST_QUOTE); extensions cannot add to them. */
const quotedLists = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
])

/** `set "work_mem" to '64MB'`. A list of names is taken apart first: as one string it would become one name. */
export function formatSetting(name: string, value: string): string {
  const values = quotedLists.has(name.toLowerCase()) ? splitNames(value) : [value]
  const literals = values.length === 0 ? ["''"] : values.map((each) => quoteLiteral(each))
  return `set ${quoteIdentifier(name)} to ${literals.join(', ')}`
}

/** Takes `"$user", public` apart into its names, quotes undone. */
export function splitNames(list: string): string[] {
  const names = list.match(/"(?:[^"]|"")*"|[^,"\s][^,]*/g) ?? []
  return names.map((name) =>
    name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.trimEnd(),
  )
}
