/** The report as plain text, for a terminal or a log. */
import { contentsOf } from './contents/index.js'
import type { Block, Column, Inline, ListItem, Section, Table, Text } from './document.js'
import { longestEntry, visible, linesOf } from './format.js'
import { mostOfOneKind } from './finding-kinds.js'
import { withoutCommands } from './log-lines.js'
import type { Report } from './report.js'

function inline(piece: Inline): string {
  if (typeof piece === 'string') return piece
  if ('code' in piece) return visible(piece.code)
  if ('strong' in piece) return piece.strong
  if ('mood' in piece) return piece.text
  return `${piece.text}: ${piece.link}`
}

const line = (text: Text): string => text.map(inline).join('')

/** The lines of a text behind a mark; no line of a hostile text stands at the start of a line, where a runner reads commands. */
function marked(mark: string, text: string): string[] {
  return linesOf(text).map((part, index) => (index === 0 ? `${mark}${part}` : `    | ${part}`))
}

const segments = new Intl.Segmenter('en')

/** Characters as people count them, so that columns stay straight. */
const width = (text: string): number => Array.from(segments.segment(text)).length

const cell = (text: Text): string => linesOf(line(text)).join(' ')

function table({ columns, rows }: Table): string[] {
  const cells = [columns.map((column) => column.title), ...rows.map((row) => row.map(cell))]
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => width(row[index] ?? ''))))
  const pad = (text: string, column: Column, wanted: number): string => {
    const space = ' '.repeat(Math.max(0, wanted - width(text)))
    return column.align === 'right' ? space + text : text + space
  }
  return cells.map((row) => {
    const padded = columns.map((column, index) => pad(row[index] ?? '', column, widths[index] ?? 0))
    return `  ${padded.join('  ')}`.trimEnd()
  })
}

function listItem(item: ListItem): string[] {
  const code = item.code === undefined ? [] : linesOf(item.code).map((text) => `      ${text}`)
  return [...marked('  - ', line(item.text)), ...code]
}

function block(content: Block): string[] {
  switch (content.kind) {
    case 'paragraph':
      return marked('  ', line(content.text))
    case 'list':
      return content.items.flatMap(listItem)
    case 'table':
      return table(content)
  }
}

function section({ title, blocks }: Section): string[] {
  return ['', title, ...blocks.flatMap(block)]
}

/** The report as readable plain text, verdict first; long lists are cut with a word on where the rest is. */
export function renderText(report: Report): string {
  const limits = {
    entries: 30,
    ofOneKind: mostOfOneKind,
    characters: 300,
    prose: longestEntry,
    rest: 'report.json',
  }
  const contents = contentsOf(report, limits)
  const lines = [visible(contents.verdict), ...contents.sections.flatMap(section)]
  return `${lines.map(withoutCommands).join('\n')}\n`
}
