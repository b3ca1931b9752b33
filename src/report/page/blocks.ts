/** Sections of the report as HTML that needs neither style nor script to be read. */
import type { Block, Inline, Mood, Section, Table, Text } from '../document.js'
import { escapeHtml } from '../escape.js'
import { linesOf, visible } from '../format.js'

/** How moods are marked where colour is not enough. */
export const marks: Readonly<Record<Mood, string>> = {
  good: '✓ ',
  bad: '✗ ',
  attention: '! ',
  plain: '',
}

const prose = (text: string): string => linesOf(text).map(escapeHtml).join('<br>')

function inline(piece: Inline): string {
  if (typeof piece === 'string') return prose(piece)
  if ('code' in piece) return `<code>${escapeHtml(visible(piece.code))}</code>`
  if ('strong' in piece) return `<strong>${prose(piece.strong)}</strong>`
  if ('mood' in piece) {
    return `<span class="mark ${piece.mood}">${marks[piece.mood]}</span>${prose(piece.text)}`
  }
  return `<a href="${escapeHtml(piece.link)}" rel="noreferrer">${escapeHtml(piece.text)}</a>`
}

const line = (text: Text): string => text.map(inline).join('')

function table({ columns, rows }: Table): string {
  const figure = (index: number): string =>
    columns[index]?.align === 'right' ? ' class="figure"' : ''
  const head = columns.map(({ title }, index) => `<th${figure(index)}>${escapeHtml(title)}</th>`)
  const body = rows.map((row) => {
    const cells = row.map((text, index) => `<td${figure(index)}>${line(text)}</td>`)
    return `<tr>${cells.join('')}</tr>`
  })
  return `<div class="wide"><table><thead><tr>${head.join('')}</tr></thead><tbody>
${body.join('\n')}
</tbody></table></div>`
}

function block(content: Block): string {
  switch (content.kind) {
    case 'paragraph':
      return `<p>${line(content.text)}</p>`
    case 'list': {
      const items = content.items.map(({ text, code }) => {
        const pasted =
          code === undefined ? '' : `<pre>${linesOf(code).map(escapeHtml).join('\n')}</pre>`
        return `<li>${line(text)}${pasted}</li>`
      })
      return `<ul>${items.join('\n')}</ul>`
    }
    case 'table':
      return table(content)
  }
}

/** One section; a folded one opens without a script too. */
export function sectionHtml({ id, title, mood, folded, blocks }: Section): string {
  const open = folded ? '' : ' open'
  const heading = `<h2><span class="mark ${mood}">${marks[mood]}</span>${escapeHtml(title)}</h2>`
  return `<details id="${escapeHtml(id)}"${open}><summary>${heading}</summary>
${blocks.map(block).join('\n')}
</details>`
}
