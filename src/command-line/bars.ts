/** The bars of a terminal as text: one line for each running piece of work, cut to the width of the terminal. */
import stringWidth from 'string-width'

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The text cut to so many columns, with `…` where something is missing. Wide characters take two. */
export function cutToWidth(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text
  let kept = ''
  let width = 0
  for (const { segment } of graphemes.segment(text)) {
    width += stringWidth(segment)
    if (width > columns - 1) break
    kept += segment
  }
  return columns < 1 ? '' : `${kept}…`
}

/** How many lines of a terminal the text takes at that width. */
export function linesAt(text: string, columns: number): number {
  return Math.max(1, Math.ceil(stringWidth(text) / Math.max(columns, 1)))
}

/** As many lines as fit, and a word on how many more there are. */
export function fitLines(lines: readonly string[], columns: number, rows: number): string[] {
  const room = Math.max(1, rows)
  const shown = lines.length <= room ? lines : lines.slice(0, room - 1)
  const more = lines.length - shown.length
  // The last column stays empty: some terminals break a line that is exactly full.
  return [...shown, ...(more > 0 ? [`and ${more} more at work`] : [])].map((line) =>
    cutToWidth(line, columns - 1),
  )
}
