/** The report as one self-contained HTML page. */
import { contentsOf } from './contents/index.js'
import type { Block, Inline, Section, Text } from './document.js'
import { escapeHtml } from './escape.js'
import { visible } from './format.js'
import type { Report } from './report.js'

function inline(piece: Inline): string {
  if (typeof piece === 'string') return escapeHtml(piece)
  if ('code' in piece) return `<code>${escapeHtml(visible(piece.code))}</code>`
  if ('strong' in piece) return `<strong>${escapeHtml(piece.strong)}</strong>`
  return `<a href="${escapeHtml(piece.link)}">${escapeHtml(piece.text)}</a>`
}

const line = (text: Text): string => text.map(inline).join('')

function block(content: Block): string {
  switch (content.kind) {
    case 'paragraph':
      return `<p>${line(content.text)}</p>`
    case 'list': {
      const items = content.items.map(({ text, code }) => {
        const pasted = code === undefined ? '' : `<pre>${escapeHtml(code)}</pre>`
        return `<li>${line(text)}${pasted}</li>`
      })
      return `<ul>${items.join('')}</ul>`
    }
    case 'table': {
      const cell = (tag: string, html: string, index: number): string =>
        `<${tag} class="${content.columns[index]?.align ?? 'left'}">${html}</${tag}>`
      const head = content.columns.map((column, index) =>
        cell('th', escapeHtml(column.title), index),
      )
      const rows = content.rows.map(
        (row) => `<tr>${row.map((text, index) => cell('td', line(text), index)).join('')}</tr>`,
      )
      return `<table><thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`
    }
  }
}

function section({ id, title, blocks }: Section): string {
  return `<section id="${escapeHtml(id)}"><h2>${escapeHtml(title)}</h2>${blocks.map(block).join('')}</section>`
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 70rem; margin: 1rem auto; padding: 0 1rem }
table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { padding: .2rem .6rem; text-align: left; border-bottom: 1px solid #8884 }
.right { text-align: right; font-variant-numeric: tabular-nums }
pre { overflow-x: auto; padding: .5rem; background: #8882 }
`

/** The whole page: nothing in it is loaded from elsewhere. */
export function renderPage(report: Report): string {
  const limits = { entries: 20_000, characters: 10_000, rest: 'report.json' }
  const { verdict, sections } = contentsOf(report, limits)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(verdict)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(verdict)}</h1>
${sections.map(section).join('\n')}
</body>
</html>
`
}
