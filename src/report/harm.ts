/** Which differences do the most harm: lost data before definitions, and those before what is set again with one statement. */
import type { Difference } from './report.js'

/** What holds data: where the target has nothing, that is lost. */
const holders = new Set([
  'database',
  'table',
  'partitioned table',
  'materialized view',
  'column',
  'large object',
])

/** From the most harmful to the least; a difference belongs to the first that it fits, and to the definitions otherwise. */
const ranks: readonly (readonly [rank: number, fits: (difference: Difference) => boolean])[] = [
  [
    0,
    ({ kind }) => ['rows', 'checksum', 'generated column', 'large object content'].includes(kind),
  ],
  [0, ({ kind, target }) => target === null && holders.has(kind)],
  [1, ({ kind }) => ['sequence', 'sequence position'].includes(kind)],
  [2, ({ kind }) => kind === 'query'],
  [4, ({ kind }) => /\bprivilege\b|^membership$|^security label$/.test(kind)],
  [5, ({ kind }) => /\bcomment\b/.test(kind)],
  [6, ({ kind }) => /\bsetting\b/.test(kind)],
]
const ofDefinitions = 3

function harmOf(difference: Difference): number {
  return ranks.find(([, fits]) => fits(difference))?.[0] ?? ofDefinitions
}

/** Puts the most harmful first; those of the same harm keep their order. */
export function byHarm(one: Difference, other: Difference): number {
  return harmOf(one) - harmOf(other)
}
