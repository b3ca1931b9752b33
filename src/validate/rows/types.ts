/** Reads the columns of all tables with their types, down to the base types they are made of. */
import type { Session } from '../../server/index.js'

/** A type as far as hashing its values depends on it. */
export interface DataType {
  readonly schema: string
  readonly name: string
  readonly kind: 'base' | 'composite' | 'domain' | 'enum' | 'range' | 'multirange'
  readonly hasSend: boolean
  /** Of an array. */
  readonly element: DataType | undefined
  /** Of a domain. */
  readonly base: DataType | undefined
  /** Of a range or multirange. */
  readonly subtype: DataType | undefined
  /** Of a composite type, in order. */
  readonly fields: readonly Field[]
}

/** A column of a table, or a field of a composite type. */
export interface Field {
  readonly name: string
  readonly type: DataType
}

interface TypeRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly typtype: string
  readonly has_send: boolean
  readonly element: string
  readonly base: string
  readonly subtype: string
  readonly relation: string
}

interface FieldRow {
  readonly relation: string
  readonly name: string
  readonly type: string
}

/** The columns of the given tables, by `"schema"."name"`, sorted by name; a table without columns is left out. */
export async function readColumns(session: Session, major: number): Promise<Map<string, Field[]>> {
  const virtual = major >= 18 ? `and a.attgenerated <> 'v'` : ''
  const columns = await session.query<FieldRow>(
    `select pg_catalog.format('"%s"."%s"', pg_catalog.replace(n.nspname, '"', '""'),
                              pg_catalog.replace(c.relname, '"', '""')) as relation,
            a.attname as name, a.atttypid::pg_catalog.text as type
       from pg_catalog.pg_attribute a
       join pg_catalog.pg_class c on c.oid = a.attrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped ${virtual}
        and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'`,
  )
  const types = await readTypes(session, major, new Set(columns.map((column) => column.type)))
  const tables = new Map<string, Field[]>()
  for (const { relation, name, type } of columns) {
    const fields = tables.get(relation) ?? []
    fields.push({ name, type: typeOf(types, type) })
    tables.set(relation, fields)
  }
  for (const fields of tables.values()) fields.sort((a, b) => (a.name < b.name ? -1 : 1))
  return tables
}

function typeOf(types: ReadonlyMap<string, DataType>, oid: string): DataType {
  const type = types.get(oid)
  if (type === undefined) throw new Error(`The server has no type with the identifier ${oid}.`)
  return type
}

/** Reads the types, then those they are made of, until there are no new ones. */
async function readTypes(
  session: Session,
  major: number,
  wanted: ReadonlySet<string>,
): Promise<Map<string, DataType>> {
  const rows = new Map<string, TypeRow>()
  const fields = new Map<string, FieldRow[]>()
  for (let oids = [...wanted]; oids.length > 0;) {
    const found = await session.query<TypeRow>(typeQuery(major), [oids])
    for (const row of found) rows.set(row.oid, row)
    const relations = found.filter((row) => row.typtype === 'c').map((row) => row.relation)
    const parts =
      relations.length === 0 ? [] : await session.query<FieldRow>(fieldQuery, [relations])
    for (const part of parts) {
      fields.set(part.relation, [...(fields.get(part.relation) ?? []), part])
    }
    const next = found.flatMap((row) => [row.element, row.base, row.subtype])
    const all = new Set([...next, ...parts.map((part) => part.type)])
    oids = [...all].filter((oid) => oid !== '0' && !rows.has(oid))
  }
  return buildTypes(rows, fields)
}

function buildTypes(
  rows: ReadonlyMap<string, TypeRow>,
  fields: ReadonlyMap<string, FieldRow[]>,
): Map<string, DataType> {
  const types = new Map<string, DataType>()
  const build = (oid: string): DataType | undefined => {
    const row = rows.get(oid)
    if (row === undefined) return undefined
    const known = types.get(oid)
    if (known !== undefined) return known
    const parts = fields.get(row.relation) ?? []
    const type: DataType = {
      schema: row.schema,
      name: row.name,
      kind: kindNames[row.typtype] ?? 'base',
      hasSend: row.has_send,
      element: build(row.element),
      base: build(row.base),
      subtype: build(row.subtype),
      fields: parts.flatMap(({ name, type: part }) => {
        const fieldType = build(part)
        return fieldType === undefined ? [] : [{ name, type: fieldType }]
      }),
    }
    types.set(oid, type)
    return type
  }
  for (const oid of rows.keys()) build(oid)
  return types
}

const kindNames: Readonly<Record<string, DataType['kind']>> = {
  b: 'base',
  c: 'composite',
  d: 'domain',
  e: 'enum',
  r: 'range',
  m: 'multirange',
}

/** An array is what its element's type says is its array; point and int2vector have a typelem too. Multiranges: 14. */
function typeQuery(major: number): string {
  const subtype =
    major >= 14
      ? `(select r.rngsubtype from pg_catalog.pg_range r where t.oid in (r.rngtypid, r.rngmultitypid))`
      : `(select r.rngsubtype from pg_catalog.pg_range r where t.oid = r.rngtypid)`
  return `select t.oid::pg_catalog.text as oid, n.nspname as schema, t.typname as name, t.typtype,
                 t.typsend <> 0 as has_send,
                 coalesce((select e.oid from pg_catalog.pg_type e where e.oid = t.typelem and e.typarray = t.oid), 0)
                   ::pg_catalog.text as element,
                 t.typbasetype::pg_catalog.text as base,
                 coalesce(${subtype}, 0)::pg_catalog.text as subtype,
                 t.typrelid::pg_catalog.text as relation
            from pg_catalog.pg_type t
            join pg_catalog.pg_namespace n on n.oid = t.typnamespace
           where t.oid = any ($1::pg_catalog.oid[])`
}

const fieldQuery = `select a.attrelid::pg_catalog.text as relation, a.attname as name,
                           a.atttypid::pg_catalog.text as type
                      from pg_catalog.pg_attribute a
                     where a.attrelid = any ($1::pg_catalog.oid[]) and a.attnum > 0 and not a.attisdropped
                     order by a.attrelid, a.attnum`
