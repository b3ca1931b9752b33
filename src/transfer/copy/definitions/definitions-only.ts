/** The arguments with which pg_dump writes definitions, and asks for nothing else. */
import type { Snapshot } from '../../../server/index.js'

const sections = ['--section=pre-data', '--section=post-data', '--no-blobs']

/**
 * Asked for sections, pg_dump still reads the value of every sequence, one query each: most of its time with thousands
 * of them, and all of it over a slow network. Without the data of any relation it does not (makeTableDataInfo); but
 * then it leaves out REFRESH MATERIALIZED VIEW as well.
 */
export async function definitionsOnly(snapshot: Pick<Snapshot, 'withSession'>): Promise<string[]> {
  const views = await snapshot.withSession((source) =>
    source.query(`select from pg_catalog.pg_class where relkind = 'm' limit 1`),
  )
  return views.length > 0 ? sections : [...sections, '--exclude-table-data=*.*']
}
