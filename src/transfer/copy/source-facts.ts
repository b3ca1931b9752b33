/** What the engine reads from the source's catalogs, inside the snapshot: of everything, because pg_dump is not done yet. */
import { readIndexesOfUserFunctions, readTablesOfUserFunctions } from '../../server/index.js'
import { sourceSession, type CopyContext } from './context.js'
import { readIndexes, type IndexFacts } from './indexes/source-indexes.js'
import { readLargeObjects, type LargeObjectRange } from './large-objects.js'
import { readReferences, type Reference } from './rows/rounds.js'
import { readRows, type SourceRows } from './rows/rows.js'

export interface SourceFacts {
  readonly rows: SourceRows
  readonly references: readonly Reference[]
  /** By OID of the index, and of the constraint that it belongs to. */
  readonly indexes: ReadonlyMap<number, IndexFacts>
  /** OIDs of indexes and constraints whose functions may look into any table: they wait for all rows. */
  readonly lateBuilds: ReadonlySet<number>
  /** OIDs of tables whose rows need functions that may look into any other table. */
  readonly computing: ReadonlySet<number>
  readonly largeObjects: readonly LargeObjectRange[]
}

/** Reads them in the session of a slot. */
export function readSourceFacts(context: CopyContext): Promise<SourceFacts> {
  const { facts } = context.options.source
  return context.scheduler.run({
    weight: Infinity,
    work: async (slot) => {
      const source = await sourceSession(context, slot)
      const rows = await readRows(source, facts)
      return {
        rows,
        references: await readReferences(source, rows.tables),
        indexes: await readIndexes(
          source,
          rows.tables.map(({ oid }) => oid),
        ),
        lateBuilds: new Set(await readIndexesOfUserFunctions(source)),
        computing: new Set(await readTablesOfUserFunctions(source, facts.major)),
        largeObjects: await readLargeObjects(source),
      }
    },
  })
}
