/** Several names in one line. */
import type { Inline, Limits, ListItem } from '../document.js'
import { formatCount } from '../format.js'
import { cut } from './cut.js'

/** `Created: app, reader and 3 more`; nothing when there are no names. */
export function nameList(title: string, names: readonly string[], limits: Limits): ListItem[] {
  if (names.length === 0) return []
  const shown = cut(names, limits)
  const list = shown.entries.flatMap((code, index): Inline[] => [index === 0 ? '' : ', ', { code }])
  const rest = shown.missing === 0 ? '' : ` and ${formatCount(shown.missing)} more`
  return [{ text: [`${title}: `, ...list, rest] }]
}
