/** Statistics that one strange run does not upset. */

/** A point of a series: what it depends on, and its value. */
export type Point = readonly [number, number]

/** The middle of the values; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? Number.NaN
  const lower = sorted[Math.ceil(middle) - 1] ?? Number.NaN
  return (lower + upper) / 2
}

/** A straight line. */
export interface Line {
  readonly slope: number
  readonly at: (x: number) => number
}

/**
 * The line of Theil and Sen: the median of all slopes between two points, then the median of what is left. Up to 29 %
 * of the points may be far off without moving it. Flat when all points stand at the same place.
 */
export function fitLine(points: readonly Point[]): Line {
  const slopes = points.flatMap(([x1, y1], index) =>
    points.slice(index + 1).flatMap(([x2, y2]) => (x1 === x2 ? [] : [(y2 - y1) / (x2 - x1)])),
  )
  const slope = slopes.length === 0 ? 0 : median(slopes)
  const intercept = median(points.map(([x, y]) => y - slope * x))
  return { slope, at: (x) => intercept + slope * x }
}
