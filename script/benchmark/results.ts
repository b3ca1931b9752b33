/** Turns measurements into tables of medians and ratios. */

export interface Measurement {
  readonly set: string
  readonly method: string
  readonly seconds: number
  readonly serverSeconds: number
  /** Of our own process. */
  readonly ownSeconds: number
  /** Of the programs that it started. */
  readonly programSeconds: number
  readonly peakBytes: number
}

export interface SetFacts {
  readonly name: string
  readonly what: string
  readonly bytes: number
  readonly floorSeconds: number
}

/** The middle one; of an even number the lower of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
}

/** One table for each data set, in Markdown. */
export function renderResults(
  sets: readonly SetFacts[],
  measurements: readonly Measurement[],
): string {
  return sets.map((set) => renderSet(set, measurements)).join('\n\n')
}

function renderSet(set: SetFacts, measurements: readonly Measurement[]): string {
  const own = measurements.filter((measurement) => measurement.set === set.name)
  const methods = [...new Set(own.map(({ method }) => method))]
  const of = (method: string, value: (measurement: Measurement) => number) =>
    median(own.filter((measurement) => measurement.method === method).map(value))
  const copySeconds = of('copy', ({ seconds }) => seconds)
  const lines = methods.map((method) => {
    const seconds = of(method, (measurement) => measurement.seconds)
    const servers = of(method, (measurement) => measurement.serverSeconds)
    const cells = [
      method,
      seconds.toFixed(1),
      (copySeconds / seconds).toFixed(2),
      (seconds / set.floorSeconds).toFixed(2),
      servers.toFixed(1),
      of(method, ({ ownSeconds }) => ownSeconds).toFixed(2),
      of(method, ({ programSeconds }) => programSeconds).toFixed(2),
      (of(method, ({ peakBytes }) => peakBytes) / 1e6).toFixed(0),
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    `### ${set.name}`,
    '',
    `${set.what}; ${(set.bytes / 1e9).toFixed(2)} GB. The floor is ${set.floorSeconds.toFixed(1)} s.`,
    '',
    '| method | seconds | `copy` takes | of the floor | servers, CPU s | our process, CPU s | tools, CPU s | our peak, MB |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n')
}
