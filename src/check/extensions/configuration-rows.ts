/** Rows of extensions' configuration tables that the rows of other tables may need, which not every method restores first. */
import { listed } from '../../report/format.js'
import { readTablesAfterConfiguration, type Session } from '../../server/index.js'
import type { DatabaseContext, Found } from '../check.js'

const shownTables = 3

/** `copy`, `custom` and `parallel` restore them first; where it can, `auto` chooses one of these. */
export async function findLateConfiguration(
  session: Session,
  method: DatabaseContext['method'],
): Promise<Found[]> {
  if (method !== 'stream' && method !== 'plain') return []
  const tables = await readTablesAfterConfiguration(session)
  const [object] = tables
  if (object === undefined) return []
  return [
    {
      severity: 'warning',
      object,
      message: `An extension's configuration table holds rows, which a check, a generated column or a type of ${listed(tables, shownTables)} may look up. The method "${method}" restores the tables in the order of their names, so that these rows may come too late, and the restore fails.`,
      remedy: 'Choose another method: copy, custom or parallel, which restore those rows first.',
    },
  ]
}
