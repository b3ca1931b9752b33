/** The report as GitHub Markdown for the job summary, cut to GitHub's limit. */
import { contentsOf } from './contents/index.js'
import type { Block, Inline, ListItem, Mood, Section, Table, Text } from './document.js'
import { escapeHtml, escapeMarkdown, markdownBlock, markdownCode } from './escape.js'
import { mostOfOneKind } from './finding-kinds.js'
import { longestEntry } from './format.js'
import type { Report } from './report.js'

export interface SummaryOptions {
  /** The most bytes that the summary may have; GitHub takes 1 MiB a step. */
  readonly limitBytes?: number | undefined
  /** Where the whole report is, named where something had to be cut. */
  readonly reportPath?: string | undefined
}

const marks: Readonly<Record<Mood, string>> = {
  good: '✅ ',
  bad: '❌ ',
  attention: '⚠️ ',
  plain: '',
}

function inline(piece: Inline): string {
  if (typeof piece === 'string') return escapeMarkdown(piece)
  if ('code' in piece) return markdownCode(piece.code)
  if ('strong' in piece) return `**${escapeMarkdown(piece.strong)}**`
  if ('mood' in piece) {
    return `${marks[piece.mood].replace(' ', '\u00a0')}${escapeMarkdown(piece.text)}`
  }
  return `[${escapeMarkdown(piece.text)}](${piece.link})`
}

/** Space at the start would be an indented code block. */
const line = (text: Text): string => text.map(inline).join('').trim()

/** A figure and its unit stay on one line. */
function tableCell(cell: Text, { columns }: Table, index: number): string {
  const markdown = line(cell)
  return columns[index]?.align === 'right' ? markdown.replaceAll(' ', '\u00a0') : markdown
}

function table(block: Table): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    row(block.columns.map((column) => escapeMarkdown(column.title))),
    row(block.columns.map((column) => (column.align === 'right' ? '---:' : '---'))),
    ...block.rows.map((cells) => row(cells.map((cell, index) => tableCell(cell, block, index)))),
  ]
}

function listItem(item: ListItem): string[] {
  const first = `- ${line(item.text)}`
  if (item.code === undefined) return [first]
  return [first, '', ...markdownBlock(item.code).map((text) => `  ${text}`), '']
}

function block(content: Block): string[] {
  switch (content.kind) {
    case 'paragraph':
      return [line(content.text), '']
    case 'list':
      return [...content.items.flatMap(listItem), '']
    case 'table':
      return [...table(content), '']
  }
}

function section({ title, mood, folded, blocks }: Section): string[] {
  const lines = blocks.flatMap(block)
  if (!folded) return [`### ${marks[mood]}${escapeMarkdown(title)}`, '', ...lines]
  const summary = `${marks[mood]}<b>${escapeHtml(title)}</b>`
  return ['<details>', `<summary>${summary}</summary>`, '', ...lines, '</details>', '']
}

/** How many entries of a list, characters of a value, and of a message or a remedy are tried, until the summary fits. */
const attempts = [
  [500, 2000, longestEntry],
  [200, 1000, 10_000],
  [100, 500, 5000],
  [50, 250, 2000],
  [20, 250, 2000],
  [10, 120, 1000],
  [3, 60, 250],
] as const

/** The job summary in at most `limitBytes` bytes; what does not fit is counted, and said to be in the report. */
export function renderSummary(report: Report, options: SummaryOptions = {}): string {
  const limitBytes = options.limitBytes ?? 1_000_000
  const rest = options.reportPath ?? 'report.json'
  let verdict = ''
  for (const [entries, characters, prose] of attempts) {
    const limits = { entries, ofOneKind: mostOfOneKind, characters, prose, rest }
    const contents = contentsOf(report, limits)
    verdict = `## ${marks[contents.mood]}${escapeMarkdown(contents.verdict)}`
    const lines = [verdict, '', ...contents.sections.flatMap(section)]
    const summary = `${lines.join('\n').trimEnd()}\n`
    if (Buffer.byteLength(summary) <= limitBytes) return summary
  }
  return `${verdict}\n\nThe report is too long to be shown here; it is in ${markdownCode(rest)}.\n`
}
