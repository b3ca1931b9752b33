/** Differences as entries of the log: one that says what matters, and lines for the rest. */
import { countOf, shorten, visible } from './format.js'
import type { Difference } from './report.js'

/** So many stand in the error, which GitHub shows beside the job; of its errors GitHub shows ten. */
const first = 3
/** So many are named in the log; all of them are in the report. */
const named = 20
/** Of a definition or a value, enough to know it by. */
const characters = 300

/** How many there are and the first of them, as one error; and the lines that follow it. */
export interface ToldDifferences {
  readonly error: string
  readonly lines: readonly string[]
}

/** Of `what`: a database, or the servers. */
export function tellingOf(what: string, differences: readonly Difference[]): ToldDifferences {
  const lines = differences.slice(0, named).map(lineOf)
  const shown = lines.slice(0, first).map((line) => `- ${line}`)
  const more = differences.length - shown.length
  const unnamed = differences.length - lines.length
  const count = `${what}: ${countOf(differences.length, 'difference')} between source and target`
  const where = unnamed === 0 ? 'in the log and the report' : 'in the report'
  return {
    error: [
      ...(more === 0 ? [`${count}:`] : [`${count}, the most harmful first:`]),
      ...shown,
      ...(more === 0 ? [] : [`… and ${countOf(more, 'more difference')}, ${where}.`]),
    ].join('\n'),
    lines: [
      ...lines.slice(first),
      ...(unnamed === 0 ? [] : [`… and ${countOf(unnamed, 'more difference')}, in the report.`]),
    ],
  }
}

function lineOf({ kind, object, source, target }: Difference): string {
  const told = (text: string) => visible(shorten(text, characters))
  const side = (value: string | null) => (value === null ? 'nothing' : told(value))
  return `${kind} ${told(object)}: ${side(source)} on the source, ${side(target)} on the target`
}
