/** Settings of roles and databases as SQL, and those among them whose value is a list of names. */
import { quoteIdentifier, quoteLiteral } from '../quote.js'

/** GUC_LIST_QUOTE; extensions cannot add to them (pg_dump's dumputils.c). */
const listSettings = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
])

/** Whether the catalog holds the value as a list that is quoted already. */
export function isListSetting(name: string): boolean {
  return listSettings.has(name.toLowerCase())
}

/**
 * `set "work_mem" to '64MB'`, which stands behind `ALTER ROLE …` or `ALTER DATABASE …`. A list of names is taken apart
 * first: as one string it would become one name.
 */
export function formatSetting(name: string, value: string): string {
  const values = isListSetting(name) ? splitNames(value) : [value]
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
