/** The functions that users' objects are made of: those of operator classes, aggregates, casts, types and the like. */
import { isUsers } from '../catalog.js'
import { familyMembers } from './family-members.js'

/** A kind of object, its catalog, and the columns of that which name functions. */
interface Part {
  readonly kind: string
  readonly catalog: string
  readonly columns: readonly string[]
  /** What holds the columns, where it is not the catalog; the object is `o`. */
  readonly beside?: string
  readonly only?: string
}

const aggregate: Part = {
  kind: 'aggregate',
  catalog: 'pg_proc',
  beside: 'join pg_catalog.pg_aggregate a on a.aggfnoid = o.oid',
  columns: [
    ...['aggtransfn', 'aggfinalfn', 'aggcombinefn', 'aggserialfn', 'aggdeserialfn'],
    ...['aggmtransfn', 'aggminvtransfn', 'aggmfinalfn'],
  ],
}

const parts: readonly Part[] = [
  { kind: 'access method', catalog: 'pg_am', columns: ['amhandler'] },
  { kind: 'cast', catalog: 'pg_cast', columns: ['castfunc'] },
  { kind: 'event trigger', catalog: 'pg_event_trigger', columns: ['evtfoid'] },
  {
    kind: 'foreign-data wrapper',
    catalog: 'pg_foreign_data_wrapper',
    columns: ['fdwhandler', 'fdwvalidator'],
  },
  { kind: 'operator', catalog: 'pg_operator', columns: ['oprcode', 'oprrest', 'oprjoin'] },
  {
    kind: 'range',
    catalog: 'pg_type',
    beside: 'join pg_catalog.pg_range r on r.rngtypid = o.oid',
    columns: ['rngcanonical', 'rngsubdiff'],
  },
  {
    kind: 'text search parser',
    catalog: 'pg_ts_parser',
    columns: ['prsstart', 'prstoken', 'prsend', 'prsheadline', 'prslextype'],
  },
  { kind: 'text search template', catalog: 'pg_ts_template', columns: ['tmplinit', 'tmpllexize'] },
  { kind: 'transform', catalog: 'pg_transform', columns: ['trffromsql', 'trftosql'] },
  { kind: 'trigger', catalog: 'pg_trigger', columns: ['tgfoid'], only: 'not o.tgisinternal' },
  {
    kind: 'type',
    catalog: 'pg_type',
    columns: [
      ...['typinput', 'typoutput', 'typreceive', 'typsend'],
      ...['typmodin', 'typmodout', 'typanalyze'],
    ],
    // What an array is made of is the server's affair.
    only: `o.typtype = 'b' and o.typcategory <> 'A'`,
  },
]

const functionsOf = ({ kind, catalog, columns, beside = '', only = 'true' }: Part): string => `
  select '${kind}', 'pg_catalog.${catalog}'::pg_catalog.regclass, o.oid, 0, s.function::pg_catalog.oid
    from pg_catalog.${catalog} o ${beside}
   cross join lateral pg_catalog.unnest(array[${columns.join(', ')}]) s (function)
   where ${isUsers(catalog, 'o')} and ${only}`

/** A query that returns `kind`, an object's address (catalog, oid, part) and a function that it is found by its very arguments for. */
export const supportFunctions = [
  ...parts.map(functionsOf),
  familyMembers('pg_amproc', 'amproc', 'amproc'),
].join(' union all ')

/** The same of aggregates, whose functions may take what their arguments can be read as. */
export const aggregateFunctions = functionsOf(aggregate)
