/** Foreign keys whose own name the target has given away before: to the parts of a key that refers to a partitioned table. */
import { quoteIdentifier } from '../../server/index.js'
import { identity, isUsersRelation, longestName } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'

interface Key {
  readonly schema: string
  /** Quoted, with its schema. */
  readonly table: string
  /** Without its schema, as the catalog has it. */
  readonly tableName: string
  readonly name: string
  readonly columns: readonly string[]
  /** Of the table that it refers to, those of partitions as well. */
  readonly partitions: number
}

/** In the order in which a dump adds them. Every method keeps it among the keys that refer to partitioned tables, and adds none of these before others. */
const keysSql = `
  with recursive tree (root, descendant) as (
    select c.oid, i.inhrelid
      from pg_catalog.pg_class c join pg_catalog.pg_inherits i on i.inhparent = c.oid
     where c.relkind = 'p'
       and exists (select from pg_catalog.pg_constraint k where k.contype = 'f' and k.confrelid = c.oid)
    union all
    select t.root, i.inhrelid from tree t join pg_catalog.pg_inherits i on i.inhparent = t.descendant
  ), referred (oid, partitions) as (
    select root, pg_catalog.count(*)::pg_catalog.int4 from tree group by root
  )
  select n.nspname::pg_catalog.text as schema, ${identity('pg_class', 'c.oid')} as table,
         c.relname::pg_catalog.text as "tableName", k.conname::pg_catalog.text as name,
         array(select a.attname::pg_catalog.text
                 from pg_catalog.unnest(k.conkey) with ordinality u (attnum, place)
                 join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum
                order by u.place) as columns,
         coalesce(r.partitions, 0) as partitions
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join referred r on r.oid = k.confrelid
   where k.contype = 'f' and k.conparentid = 0 and ${isUsersRelation('c', 'n')}
     and k.connamespace in (select p.connamespace from pg_catalog.pg_constraint p
                              join referred q on q.oid = p.confrelid where p.contype = 'f')
   order by k.conname::pg_catalog.text collate "C", c.relname::pg_catalog.text collate "C"`

export const foreignKeyName: DatabaseCheck = {
  name: 'foreign-key-name',
  scope: 'database',
  subject: 'foreign keys whose names the target gives to parts of others',
  worst: 'blocking',
  async run({ source, target, sourceSession }) {
    // No foreign key refers to a partitioned table before 12.
    if (source.facts.major < 12) return []
    const keys = await sourceSession.query<Key>(keysSql)
    return addInTurn(keys, target.facts.major)
  },
}

/** Adds the keys as the target will: each gets one part more for every partition, with a name that is free in the schema. */
function addInTurn(keys: readonly Key[], major: number): Found[] {
  const place = (...names: string[]) => JSON.stringify(names)
  const own = new Set(keys.map(({ schema, name }) => place(schema, name)))
  const used = new Set<string>()
  const takers = new Map<string, Key>()
  const found: Found[] = []
  for (const key of keys) {
    const { schema, table } = key
    const taker = takers.get(place(table, key.name))
    const name =
      taker === undefined
        ? key.name
        : chooseName(key.name, (chosen) => own.has(place(schema, chosen)))
    if (taker !== undefined) found.push(describe(key, taker, name, major))
    own.add(place(schema, name))
    used.add(place(schema, name))
    let parts = 0
    for (let pass = 0; parts < key.partitions; pass++) {
      const given = nameOfPart({ ...key, name }, pass, major)
      if (used.has(place(schema, given))) continue
      used.add(place(schema, given))
      takers.set(place(table, given), key)
      parts++
    }
  }
  return found
}

function describe(key: Key, taker: Key, newName: string, major: number): Found {
  const [name, other] = [quoteIdentifier(key.name), quoteIdentifier(taker.name)]
  return {
    severity: 'blocking',
    object: `${name} on ${key.table}`,
    message: `The foreign key ${other} of ${key.table} refers to a partitioned table. It is added before the foreign key ${name}, and for one of the partitions PostgreSQL ${major} adds a constraint of its own that gets the name ${name}: the restore would fail on the key whose name it is, once the rows are there.`,
    remedy: `-- on the source\nalter table ${key.table} rename constraint ${name} to ${quoteIdentifier(newName)};`,
  }
}

/** What the server tries in its turn (tablecmds.c, indexcmds.c): of the table's and the columns' names, since 18 of the key's. */
function nameOfPart({ name, tableName, columns }: Key, pass: number, major: number): string {
  if (major >= 18) return makeName(name, null, String(pass + 1))
  return makeName(tableName, columns.join('_'), `fkey${pass === 0 ? '' : pass}`)
}

/** As makeObjectName() does: the longer part is cut first. */
function makeName(first: string, second: string | null, label: string): string {
  const room = longestName - label.length - (second === null ? 1 : 2)
  let [one, two] = [Buffer.byteLength(first), Buffer.byteLength(second ?? '')]
  while (one + two > room) {
    if (one > two) one--
    else two--
  }
  return [cut(first, one), ...(second === null ? [] : [cut(second, two)]), label].join('_')
}

/** No more than so many bytes, in whole characters. */
function cut(text: string, length: number): string {
  const bytes = Buffer.from(text)
  let end = Math.min(length, bytes.length)
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

/**
 * A name that no key of the schema has, and that is in none of the server's series. In a dump the key must not come before the one
 * that takes its name now: it would take that one's.
 */
function chooseName(name: string, isTaken: (name: string) => boolean): string {
  for (let end = '_own'; ; end += '_own') {
    const isShort = Buffer.byteLength(`${name}${end}`) <= longestName
    const start = isShort ? name : `${cut(name, longestName - end.length - 1)}z`
    if (!isTaken(`${start}${end}`)) return `${start}${end}`
  }
}
