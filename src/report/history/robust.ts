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

/** How far the point that is farthest off is from the line, as a share of what the line says. */
function worstError(line: Line, points: readonly Point[]): number {
  const shares = points.map(([x, y]) => {
    const said = Math.max(Math.abs(line.at(x)), 1e-9)
    return Math.abs(y - line.at(x)) / said
  })
  return Math.max(...shares)
}

/**
 * What grows with something, and is never less than nothing: the line through the points; or, where that would be
 * below zero at zero, the one through zero, unless the other is clearly nearer to every point. A steep line through few
 * points is more often chance than truth.
 */
export function fitGrowth(points: readonly Point[]): Line {
  const line = fitLine(points)
  if (line.at(0) >= 0) return line
  const slope = median(points.map(([x, y]) => y / Math.max(x, 1e-9)))
  const throughZero = { slope, at: (x: number) => slope * x }
  return worstError(line, points) * 2 < worstError(throughZero, points) ? line : throughZero
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
