/** Prints floating-point numbers in one way, because 12 began to print them shorter: 0.1 for 0.100000000000000006. */

/** Object identifiers of float4 and its array; those of all types never change. */
const singles = new Set([700, 1021])
/** float8, the geometric types, and their arrays. */
const doubles = new Set([
  701, 1022, 600, 1017, 601, 1018, 602, 1019, 603, 1020, 604, 1027, 628, 629, 718, 719,
])
const number = /[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?/gi

/** Every number of a floating-point type as its shortest text that reads back the same; other values as they are. */
export function printFloats(text: string, type: number): string {
  if (doubles.has(type)) return text.replace(number, (digits) => shortest(Number(digits)))
  if (!singles.has(type)) return text
  return text.replace(number, (digits) => shortest(Math.fround(Number(digits))))
}

function shortest(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
