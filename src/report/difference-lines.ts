/** Differences as lines of the log. */
import { countOf, shorten } from './format.js'
import type { Difference } from './report.js'

/** So many are named; all of them are in the report. */
const named = 20
/** Of a definition or a value, enough to know it by. */
const characters = 300

/** One line for each of the first, and one that says how many more there are. */
export function differenceLines(differences: readonly Difference[]): string[] {
  const side = (value: string | null) => (value === null ? 'nothing' : shorten(value, characters))
  const lines = differences
    .slice(0, named)
    .map(
      ({ kind, object, source, target }) =>
        `${kind} ${shorten(object, characters)}: ${side(source)} on the source, ${side(target)} on the target`,
    )
  const more = differences.length - lines.length
  return more === 0
    ? lines
    : [...lines, `… and ${countOf(more, 'more difference')}, in the report.`]
}
