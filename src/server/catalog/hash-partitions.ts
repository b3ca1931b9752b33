/** Partitions whose rows may belong into another one on another server. */

/** Operator classes of hashes that may be those of an OID: of enums, alone or inside of something else, and of names of objects. */
const classes = ['enum_ops', 'array_ops', 'range_ops', 'multirange_ops', 'record_ops', 'oid_ops']

/**
 * True for a row of pg_partitioned_table (from 11 on) that spreads its rows by the hash of an OID, which every server gives
 * anew: pg_dump loads those of enums through the partitioned table for that reason.
 */
export function hashesOids(table: string): string {
  return `${table}.partstrat = 'h' and exists (
    select from pg_catalog.pg_opclass o
     where o.oid = any (${table}.partclass) and o.opcname in (${classes.map((name) => `'${name}'`).join(', ')}))`
}
