/** Sorts an archive's entries into the work of the engine: tables, what is built on each, foreign keys, and what pg_restore does. */
import { sectionOf, type ArchiveEntry, type Section } from './definitions/archive.js'
import { foreignKeyStatements, type ForeignKeyStatements } from './indexes/statements.js'

/** An index or constraint of a table that holds rows: of its entry, what building it takes. There may be a hundred thousand. */
export type Build = Pick<ArchiveEntry, 'oid' | 'kind' | 'tag' | 'statements' | 'tablespace'>

export interface ForeignKey {
  readonly tag: string
  readonly statements: ForeignKeyStatements
  /** OIDs of the tables on both ends, as far as they hold rows. */
  readonly tables: readonly number[]
}

export interface Plan {
  readonly sequences: readonly number[]
  readonly builds: ReadonlyMap<number, readonly Build[]>
  readonly foreignKeys: readonly ForeignKey[]
  /**
   * Dump IDs that pg_restore takes between the builds and the foreign keys: indexes of partitioned tables, and those whose
   * SQL is no text.
   */
  readonly partitioned: readonly number[]
  /** Dump IDs that pg_restore takes at the end, in the archive's order. */
  readonly rest: readonly number[]
}

/** OIDs of what the archive creates, before anything is known of the source. */
export function createdObjects(
  entries: readonly ArchiveEntry[],
  kind: 'TABLE' | 'SEQUENCE',
): number[] {
  return entries.filter((entry) => entry.kind === kind).map((entry) => entry.oid)
}

const partitionedKinds = new Set(['INDEX', 'CONSTRAINT', 'INDEX ATTACH'])

/** `holdsRows` tells tables with rows of their own from partitioned ones, by OID. */
export function planRestore(
  entries: readonly ArchiveEntry[],
  holdsRows: (oid: number) => boolean,
): Plan {
  const tableOf = new Map(
    entries.filter((entry) => entry.kind === 'TABLE').map((entry) => [entry.dumpId, entry.oid]),
  )
  const others = new Set(
    entries
      .filter((entry) => entry.kind === 'MATERIALIZED VIEW' || entry.kind === 'FOREIGN TABLE')
      .map((entry) => entry.dumpId),
  )
  // An index on an expression depends on its table more than once.
  const tablesOf = (entry: ArchiveEntry) =>
    [...new Set(entry.dependencies)]
      .map((id) => tableOf.get(id))
      .filter((oid): oid is number => oid !== undefined)

  const builds = new Map<number, Build[]>()
  const foreignKeys: ForeignKey[] = []
  const partitioned: number[] = []
  const rest: number[] = []
  let section: Section = 'pre-data'
  for (const entry of entries) {
    section = sectionOf(entry, section)
    if (section !== 'post-data') continue
    if (entry.section === 'none') {
      rest.push(entry.dumpId)
      continue
    }
    const tables = tablesOf(entry)
    const table = tables.find(holdsRows)
    const isOnOther = entry.dependencies.some((id) => others.has(id))
    if (entry.kind === 'FK CONSTRAINT' && entry.isText) {
      const statements = foreignKeyStatements(entry.statements, !tables.every(holdsRows))
      foreignKeys.push({ tag: entry.tag, statements, tables: tables.filter(holdsRows) })
    } else if (
      entry.isText &&
      isBuild(entry) &&
      table !== undefined &&
      tables.length === 1 &&
      !isOnOther
    ) {
      builds.set(table, [...(builds.get(table) ?? []), buildOf(entry)])
    } else if (partitionedKinds.has(entry.kind) && !isOnOther) {
      partitioned.push(entry.dumpId)
    } else {
      rest.push(entry.dumpId)
    }
  }
  return {
    sequences: createdObjects(entries, 'SEQUENCE'),
    builds,
    foreignKeys,
    partitioned,
    rest,
  }
}

function isBuild(entry: ArchiveEntry): boolean {
  return entry.kind === 'INDEX' || entry.kind === 'CONSTRAINT'
}

function buildOf({ oid, kind, tag, statements, tablespace }: ArchiveEntry): Build {
  return { oid, kind, tag, statements, tablespace }
}
