/** Reads the table of contents of an archive that pg_dump wrote in its custom format: what each entry is, its SQL and its dependencies. */
import { isUtf8 } from 'node:buffer'
import { UpgradeError } from '../../../errors.js'

export const sections = ['none', 'pre-data', 'data', 'post-data'] as const
export type Section = (typeof sections)[number]

/** One entry; pg_restore's list names it by its dump ID. */
export interface ArchiveEntry {
  readonly dumpId: number
  /** The object's OID on the source. */
  readonly oid: number
  /** The name of the object, for people. */
  readonly tag: string
  /** `TABLE`, `INDEX`, `FK CONSTRAINT`, … */
  readonly kind: string
  readonly section: Section
  /** The SQL that creates the object, as pg_restore would run it; empty outside of the section after the data, where pg_restore alone runs it. */
  readonly statements: string
  /** False where the SQL holds bytes that are no UTF8, so that pg_restore alone can run it; only in SQL_ASCII. */
  readonly isText: boolean
  readonly schema: string | null
  readonly tablespace: string | null
  /** Dump IDs. */
  readonly dependencies: readonly number[]
}

/** What is known of an entry that may run beside others. */
export type SeparableEntry = Pick<
  ArchiveEntry,
  'dumpId' | 'kind' | 'tag' | 'schema' | 'dependencies'
>

/** Archive versions that this reader knows: 1.13 of pg_dump 11 to 1.16 of pg_dump 17 and 18. */
const oldestVersion = 1013
const newestVersion = 1016

export interface Archive {
  /** Tables and whatever else things are built on, and everything that is not before the data, in the archive's order. */
  readonly entries: readonly ArchiveEntry[]
  /** Of what is restored before the data, what may run beside all that it has no dependency in common with, in the archive's order. */
  readonly separable: SeparableEntry[]
  /** The number of all entries before the data. */
  readonly definitions: number
}

/** What entries after the data may be built on, or rows belong to; of the rest before the data, only pg_restore needs to know. */
const keptKinds = new Set(['TABLE', 'SEQUENCE', 'MATERIALIZED VIEW', 'FOREIGN TABLE'])

/**
 * Tables, views and sequences with what belongs to them: each touches nothing but the objects that the archive says it
 * depends on. Privileges do not: who grants in its own name needs the privilege on the schema before.
 */
export const separableKinds: ReadonlySet<string> = new Set([
  'TABLE',
  'FOREIGN TABLE',
  'VIEW',
  'MATERIALIZED VIEW',
  'SEQUENCE',
  'SEQUENCE OWNED BY',
  'DEFAULT',
  'TABLE ATTACH',
  'COMMENT',
])

/**
 * Parses the bytes of an archive. The layout is that of `ReadHead` and `ReadToc` in PostgreSQL's
 * pg_backup_archiver.c. Fails with `unknown-archive` when the archive is of a version not known here.
 */
export function readArchive(bytes: Buffer): Archive {
  const reader = new ArchiveReader(bytes)
  const version = reader.readHead()
  const count = reader.readInteger()
  const entries: ArchiveEntry[] = []
  const separable: SeparableEntry[] = []
  let definitions = 0
  let section: Section = 'pre-data'
  for (let each = 0; each < count; each += 1) {
    const entry = readEntry(reader, version)
    if (entry.section === 'pre-data') definitions += 1
    section = sectionOf(entry, section)
    const isKept = section !== 'pre-data' || keptKinds.has(entry.kind)
    if (isKept) entries.push(entry)
    if (section === 'pre-data' && separableKinds.has(entry.kind)) {
      separable.push(isKept ? entry : separableOf(entry))
    }
  }
  return { entries, separable, definitions }
}

function separableOf({ dumpId, kind, tag, schema, dependencies }: ArchiveEntry): SeparableEntry {
  return { dumpId, kind, tag, schema, dependencies }
}

/** Comments and privileges are in no section of their own: they belong to the object that they follow, as in pg_restore. */
export function sectionOf(entry: ArchiveEntry, before: Section): Section {
  return entry.section === 'none' ? before : entry.section
}

function readEntry(reader: ArchiveReader, version: number): ArchiveEntry {
  const dumpId = reader.readInteger()
  reader.readInteger() // whether there are data
  reader.skipText() // OID of the catalog
  const oid = Number(reader.readText())
  const tag = reader.readText() ?? ''
  const kind = reader.readName() ?? ''
  const section = sections[reader.readInteger() - 1]
  if (section === undefined) throw unknownArchive(`entry ${dumpId} is in a section of its own`)
  const sql = reader.readBytes()
  const isText = sql === null || isUtf8(sql)
  const statements = section === 'post-data' && isText ? (sql?.toString() ?? '') : ''
  reader.skipText() // DROP statement
  reader.skipText() // COPY statement
  const schema = reader.readName()
  const tablespace = reader.readName()
  if (version >= 1014) reader.skipText() // table access method
  if (version >= 1016) reader.readInteger() // relkind
  reader.skipText() // owner
  reader.skipText() // WITH OIDS
  const dependencies = reader.readDependencies()
  reader.skipOffset()
  return { dumpId, oid, tag, kind, section, statements, isText, schema, tablespace, dependencies }
}

function unknownArchive(reason: string): UpgradeError {
  return new UpgradeError(`The archive that pg_dump wrote cannot be read: ${reason}.`, {
    code: 'unknown-archive',
    side: 'runner',
    hint: 'Use another method (stream or parallel), or client tools of a major version that this action was tested with.',
  })
}

class ArchiveReader {
  private readonly bytes: Buffer
  private readonly names = new Map<string, string>()
  private position = 0
  private integerBytes = 4
  private offsetBytes = 8

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** Returns the version as one number: 1.16 is 1016. */
  readHead(): number {
    if (this.bytes.toString('latin1', 0, this.advance(5)) !== 'PGDMP')
      throw unknownArchive('it is not an archive')
    const version = this.readByte() * 1000 + this.readByte()
    this.readByte()
    if (version < oldestVersion || version > newestVersion) {
      throw unknownArchive(`its version 1.${version % 1000} is not known`)
    }
    this.integerBytes = this.readByte()
    this.offsetBytes = this.readByte()
    if (this.readByte() !== 1) throw unknownArchive('it is not in the custom format')
    if (version >= 1015) this.readByte()
    else this.readInteger()
    for (let part = 0; part < 7; part += 1) this.readInteger() // the time of the dump
    for (let part = 0; part < 3; part += 1) this.skipText() // database, versions of server and pg_dump
    return version
  }

  readByte(): number {
    return this.bytes.readUInt8(this.advance(1) - 1)
  }

  /** A sign, then the value, least significant byte first. */
  readInteger(): number {
    const sign = this.readByte()
    const end = this.advance(this.integerBytes)
    const value = this.bytes.readUIntLE(end - this.integerBytes, this.integerBytes)
    return sign === 0 ? value : -value
  }

  readText(): string | null {
    return this.readBytes()?.toString() ?? null
  }

  /** A text as it is in the archive. */
  readBytes(): Buffer | null {
    const length = this.readInteger()
    if (length < 0) return null
    const end = this.advance(length)
    return this.bytes.subarray(end - length, end)
  }

  /** A text that many entries share is kept once. */
  readName(): string | null {
    const name = this.readText()
    if (name === null) return null
    const known = this.names.get(name)
    if (known !== undefined) return known
    this.names.set(name, name)
    return name
  }

  skipText(): void {
    this.advance(Math.max(0, this.readInteger()))
  }

  readDependencies(): number[] {
    const ids: number[] = []
    for (let id = this.readText(); id !== null; id = this.readText()) ids.push(Number(id))
    // An array that is pushed to keeps room for 17, and there may be a hundred thousand of these.
    return ids.slice()
  }

  /** Where the entry's data are: a flag and a file position. */
  skipOffset(): void {
    this.advance(1 + this.offsetBytes)
  }

  /** Returns where the next so many bytes end. */
  private advance(length: number): number {
    this.position += length
    if (this.position > this.bytes.length) throw unknownArchive('it ends too early')
    return this.position
  }
}
