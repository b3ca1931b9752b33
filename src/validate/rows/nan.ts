/** Gives every NaN one binary form: a processor makes it with a sign, and no text of it has one. */
import type { DataType } from './types.js'

type Named = Pick<DataType, 'name'>

/** Geometric types of the server: the function that makes bytes of one, and how many of them are before its float8 numbers. */
const geometric: ReadonlyMap<string, readonly [send: string, header: number]> = new Map(
  Object.entries<readonly [send: string, header: number]>({
    point: ['point_send', 0],
    line: ['line_send', 0],
    lseg: ['lseg_send', 0],
    box: ['box_send', 0],
    circle: ['circle_send', 0],
    polygon: ['poly_send', 4],
    path: ['path_send', 5],
  }),
)

/** Whether it is one of the two types of floating-point numbers. */
export function isFloat({ schema, name }: DataType): boolean {
  return schema === 'pg_catalog' && (name === 'float4' || name === 'float8')
}

/** Whether its values are made of floating-point numbers. */
export function isGeometric({ schema, name }: DataType): boolean {
  return schema === 'pg_catalog' && geometric.has(name)
}

const nan = ({ name }: Named) => `'NaN'::pg_catalog.${name}`

/** To these types NaN is equal to NaN, and -0 to 0, which are to be kept apart. */
export function floatWithOneNaN(type: Named, value: string): string {
  return `case when ${value} = ${nan(type)} then ${nan(type)} else ${value} end`
}

/** The same for each element of an array. */
export function arrayWithOneNaN(element: Named, value: string): string {
  return `pg_catalog.array_replace(${value}, ${nan(element)}, ${nan(element)})`
}

/**
 * As bytes, in which the numbers are looked at one by one where there is NaN. A number is NaN when all bits of its exponent
 * are set, but for the infinities.
 */
export function pointsWithOneNaN({ name }: Named, value: string): string {
  const [send, header] = geometric.get(name) ?? ['', 0]
  const number = `pg_catalog.substr(b.bytes, n.first + 1, 8)`
  return `case when pg_catalog.strpos(pg_catalog.format('%s', ${value}), 'NaN') = 0 then pg_catalog.${send}(${value}) else (
            select pg_catalog.substr(b.bytes, 1, ${header}) || pg_catalog.string_agg(
                     case when pg_catalog.get_byte(b.bytes, n.first) & 127 = 127
                           and pg_catalog.get_byte(b.bytes, n.first + 1) >= 240
                           and ${number} not in ('\\x7ff0000000000000', '\\xfff0000000000000')
                          then '\\x7ff8000000000000' else ${number} end, '' order by n.first)
              from (select pg_catalog.${send}(${value}) as bytes) as b,
                   pg_catalog.generate_series(${header}, pg_catalog.length(b.bytes) - 8, 8) as n (first)
             group by b.bytes) end`
}
