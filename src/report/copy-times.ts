/** How long the rows of each table took to be copied, from the steps of the run. */
import type { Span, TableReport } from './report.js'

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** From the first part of a table that was begun to the last that was finished, in seconds, by the name of the step. */
function copySeconds(spans: readonly Span[]): Map<string, number> {
  const times = new Map<string, { from: number; to: number }>()
  for (const { kind, object, startedAt, durationSeconds } of spans) {
    if (kind !== 'copy') continue
    const from = Date.parse(startedAt) / 1000
    const to = from + durationSeconds
    const known = times.get(object) ?? { from, to }
    times.set(object, { from: Math.min(known.from, from), to: Math.max(known.to, to) })
  }
  return new Map([...times].map(([object, { from, to }]) => [object, to - from]))
}

/** The tables with the time that their rows took; without it where no step of theirs was timed. */
export function withCopyTimes(
  tables: readonly TableReport[],
  spans: readonly Span[],
): TableReport[] {
  const seconds = copySeconds(spans)
  return tables.map((table) => {
    const known = seconds.get(`${quoted(table.schema)}.${quoted(table.name)}`)
    return known === undefined ? table : { ...table, seconds: known }
  })
}
