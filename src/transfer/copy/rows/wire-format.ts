/** Decides which columns are the same bytes in binary COPY on both servers, whatever their majors. */

/** One type of the source that a copied column uses, directly or inside another type. */
export interface TypeFacts {
  readonly oid: number
  readonly name: string
  readonly schema: string
  /** pg_type.typtype, with arrays told apart as `a`. */
  readonly kind: 'a' | 'b' | 'c' | 'd' | 'e' | 'm' | 'p' | 'r'
  /** What the send function is written in, and its symbol; null when the type has none. */
  readonly send: { readonly language: string; readonly symbol: string } | null
  /** Types inside: an array's element, a domain's base type, a range's subtype, a composite's attributes. */
  readonly inner: readonly number[]
}

export type WireFormat = 'binary' | 'text'

/** OIDs below this one are the same in every PostgreSQL installation (FirstGenbkiObjectId; manual section 67.2.2). */
const firstUserOid = 16_384

/**
 * Built-in types whose binary form did not change from 10 to 18. Left out: reg… types and everything else that
 * is an OID underneath, since the target's OIDs are its own; xml, whose text names its encoding; and types whose
 * bytes are nowhere promised.
 */
const stableTypes = new Set([
  'bit',
  'bool',
  'box',
  'bpchar',
  'bytea',
  'char',
  'circle',
  'cidr',
  'date',
  'float4',
  'float8',
  'inet',
  'int2',
  'int4',
  'int8',
  'interval',
  'json',
  'jsonb',
  'line',
  'lseg',
  'macaddr',
  'macaddr8',
  'money',
  'name',
  'numeric',
  'oid',
  'path',
  'pg_lsn',
  'point',
  'polygon',
  'text',
  'time',
  'timestamp',
  'timestamptz',
  'timetz',
  'tsvector',
  'uuid',
  'varbit',
  'varchar',
  'xid',
  'xid8',
])

/** From this major on, OIDs of user-defined types inside arrays and composites are not compared (array_recv, record_recv). */
const forgivesInnerOids = 14

/**
 * Null when the type travels in binary form, otherwise the name of the type that forbids it. Arrays and composites
 * carry the OIDs of what is in them, and a user-defined type has another OID on the target.
 */
export function typeWithoutStableForm(
  oid: number,
  types: ReadonlyMap<number, TypeFacts>,
  targetMajor: number,
): string | null {
  const type = types.get(oid)
  if (type === undefined) return `type ${oid}`
  const inner = () => {
    for (const child of type.inner) {
      const found = typeWithoutStableForm(child, types, targetMajor)
      if (found !== null) return found
    }
    return null
  }
  switch (type.kind) {
    case 'b':
      return isStableBaseType(type) ? null : type.name
    case 'e':
      return null
    case 'd':
    case 'r':
    case 'm':
      return inner()
    case 'a':
    case 'c': {
      const embedsUserOid = type.inner.some((child) => child >= firstUserOid)
      return embedsUserOid && targetMajor < forgivesInnerOids ? type.name : inner()
    }
    case 'p':
      return type.name
  }
}

function isStableBaseType({ oid, name, schema, send }: TypeFacts): boolean {
  if (oid < firstUserOid) return schema === 'pg_catalog' && stableTypes.has(name)
  // citext and its like: the characters themselves.
  return send?.language === 'internal' && send.symbol === 'textsend'
}
