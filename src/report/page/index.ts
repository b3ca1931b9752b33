/** The report as one self-contained HTML page: nothing in it is loaded from elsewhere, and it can be read without JavaScript. */
import { createHash } from 'node:crypto'
import { contentsOf } from '../contents/index.js'
import type { Contents } from '../document.js'
import { escapeHtml } from '../escape.js'
import { longestEntry, moment, visible } from '../format.js'
import type { Report } from '../report.js'
import { type Assets, readAssets } from './assets.js'
import { marks, sectionHtml } from './blocks.js'
import { pageData } from './data.js'

const hash = (script: string): string =>
  `'sha256-${createHash('sha256').update(script).digest('base64')}'`

/** Only the page's own scripts run, and nothing can be loaded or sent. */
function contentPolicy(scripts: readonly string[]): string {
  const hashes = scripts.map(hash).join(' ')
  return `default-src 'none'; style-src 'unsafe-inline'; script-src ${hashes}; base-uri 'none'; form-action 'none'`
}

/** JSON for a script element: with no `<` in it, nothing in it can end the element. */
const json = (data: unknown): string => JSON.stringify(data).replaceAll('<', '\\u003c')

function head(title: string, { styles, scripts }: Assets): string {
  return `<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(scripts)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
${styles.map((style) => `<style>${style}</style>`).join('\n')}`
}

/** Which servers these were: whoever decides has more than two. */
function serversLine({ source, target }: Report): string {
  if (source === null || target === null) return ''
  return `${visible(source.host)} → ${visible(target.host)} · `
}

function verdict(contents: Contents, report: Report): string {
  const [first = '', ...facts] = contents.facts
  return `<header class="${contents.mood}">
<h1><span class="mark">${marks[contents.mood]}</span>${escapeHtml(visible(first))}</h1>
<ul class="facts">${facts.map((fact) => `<li>${escapeHtml(visible(fact))}</li>`).join('')}</ul>
<p>${escapeHtml(serversLine(report))}Started ${escapeHtml(moment(report.startedAt))}</p>
</header>`
}

const timeline = `<section id="timeline" class="scripted" hidden><h2>Timeline</h2>
<p class="tools"><button type="button" data-zoom="in">Zoom in</button> <button type="button" data-zoom="out">Zoom out</button>
<button type="button" data-zoom="left">← Earlier</button> <button type="button" data-zoom="right">Later →</button>
<button type="button" data-zoom="all">Whole run</button> <span class="hint">Drag across the chart to zoom in.</span></p>
<ul class="legend"></ul><div class="chart"></div><p class="tip" role="status"></p></section>`

const history = `<section id="trend" class="scripted" hidden><ul class="legend">
<li><span class="swatch runs"></span>how long the runs took</li>
<li class="forecast"><span class="swatch forecast"></span>forecast with its range</li></ul>
<div class="plot"></div><p class="tip" role="status"></p></section>`

const tables = `<section id="live-tables" class="scripted" hidden><h2>Tables</h2>
<p class="tools"><label>Search <input type="search" placeholder="table or database"></label>
<label><input type="checkbox"> only different ones</label> <span class="hint" role="status"></span></p>
<div class="grid"></div></section>`

/** What the scripts fill, behind the section that says the same without them. */
const live: Readonly<Record<string, string>> = { history, timings: timeline, tables }

/** The whole page. */
export function renderPage(report: Report): string {
  const contents = contentsOf(report, {
    entries: 500,
    ofOneKind: 100,
    characters: 10_000,
    prose: longestEntry,
    rest: 'report.json',
  })
  const assets = readAssets()
  const sections = contents.sections.map((section) => {
    return `${sectionHtml(section)}\n${live[section.id] ?? ''}`
  })
  return `<!doctype html>
<html lang="en">
<head>
${head(contents.verdict, assets)}
</head>
<body>
${verdict(contents, report)}
<main>
${sections.join('\n')}
</main>
<script type="application/json" id="data">${json(pageData(report))}</script>
${assets.scripts.map((script) => `<script>${script}</script>`).join('\n')}
</body>
</html>
`
}
