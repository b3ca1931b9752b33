/** Long lists cut to what fits, never silently. */
import { type Limits, paragraph, type Paragraph } from '../document.js'
import { countOf, formatCount } from '../format.js'

/** The entries that are shown, and how many are not. */
export function cut<T>(
  all: readonly T[],
  limits: Limits,
): { entries: readonly T[]; missing: number } {
  return {
    entries: all.slice(0, limits.entries),
    missing: Math.max(0, all.length - limits.entries),
  }
}

/** What to do, whole: a statement that is cut in the middle must not be pasted. What is too long is said to be elsewhere. */
export function whole(remedy: string, limits: Limits): string {
  if (remedy.length <= limits.prose) return remedy
  return `-- too long to be shown here (${formatCount(remedy.length)} characters): it is in ${limits.rest}`
}

/** The word on what was cut and where it is; nothing when nothing was cut. */
export function more(missing: number, singular: string, limits: Limits): Paragraph[] {
  if (missing === 0) return []
  return [
    paragraph(`… and ${countOf(missing, `more ${singular}`)}, in `, { code: limits.rest }, '.'),
  ]
}
