/** What an extension registers by itself when it is created, though the dump has it too. */
import type { Found } from '../check.js'

/** What PoWA registers in powa_functions, if it is there. */
const modules = ['pg_stat_kcache', 'pg_qualstats', 'pg_track_settings', 'pg_wait_sampling']

/** The script of PoWA registers them as if somebody had done so by hand, and a dump brings the rows of these. */
export function findRegistrations(names: ReadonlySet<string>): Found[] {
  const found = modules.filter((name) => names.has(name))
  if (!names.has('powa') || found.length === 0) return []
  return [
    {
      severity: 'blocking',
      object: 'powa',
      message: `PoWA registers ${found.join(', ')} in powa_functions as soon as it is created on the target, and the dump brings the same rows again: they would be there twice, and the validation would fail.`,
      remedy: `-- on the source; PoWA takes them out of powa_functions\n${found.map((name) => `drop extension ${name};`).join('\n')}\n-- after the upgrade, on the target: create these extensions again; PoWA registers them by itself`,
    },
  ]
}
