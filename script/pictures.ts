/** Photographs the job summary and the page of a report in a real browser, for the README. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { marked } from 'marked'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { repository } from '../__tests__/support/action-inputs.js'
import { openFile, startBrowser } from '../__tests__/support/browser.js'
import { renderSummary, type Report } from '../src/report/index.js'

/** What a README should carry at most. */
const limitBytes = 200_000

/** Nearly as GitHub shows a job summary; the fonts of a bare machine have no coloured signs. */
const summaryStyle = `
  body { margin: 0; padding: 16px 24px; color: #1f2328; font: 14px/1.5 'Open Sans', sans-serif; }
  h2 { padding-bottom: 5px; border-bottom: 1px solid #d1d9e0; font-size: 21px; }
  h3 { font-size: 17px; }
  table { border-collapse: collapse; margin: 12px 0; }
  th, td { padding: 5px 12px; border: 1px solid #d1d9e0; }
  tr:nth-child(2n) td { background: #f6f8fa; }
  code { padding: 2px 5px; border-radius: 6px; background: #eff1f3; font: 12px 'DejaVu Sans Mono', monospace; }
  pre { padding: 12px; border-radius: 6px; background: #f6f8fa; }
  details { margin: 8px 0; }
  .sign { color: #1a7f37; font-weight: 600; }
  .sign.bad { color: #c1121f; }`

function summaryPage(report: Report): string {
  const html = marked
    .parse(renderSummary(report), { async: false })
    .replaceAll('✅', '<span class="sign">✔</span>')
    .replaceAll('❌', '<span class="sign bad">✘</span>')
  return `<!doctype html><meta charset="utf-8"><style>${summaryStyle}</style>${html}`
}

interface Picture {
  readonly name: string
  readonly file: string
  readonly size: { readonly width: number; readonly height: number }
  readonly options?: BrowserContextOptions
}

async function photograph(browser: Browser, { name, file, size, options }: Picture): Promise<void> {
  const { page } = await openFile(browser, file, { ...options, viewport: size })
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))')
  const path = join(repository, 'docs', 'images', name)
  await page.screenshot({ path })
  await page.context().close()
  const bytes = (await stat(path)).size
  if (bytes > limitBytes) throw new Error(`${path} has ${bytes} bytes, more than ${limitBytes}.`)
  process.stdout.write(`${path}: ${bytes} bytes\n`)
}

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('Name the folder that holds report.json and report.html.')
const scratch = await mkdtemp(join(tmpdir(), 'upgrade-postgres-pictures-'))
const browser = await startBrowser('host')
try {
  const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as Report
  const summary = join(scratch, 'summary.html')
  const page = join(folder, 'report.html')
  await writeFile(summary, summaryPage(report))
  const size = { width: 1100, height: 1240 }
  await photograph(browser, { name: 'summary.png', file: summary, size: { ...size, height: 560 } })
  await photograph(browser, { name: 'report.png', file: page, size })
  const dark = { colorScheme: 'dark' } as const
  await photograph(browser, { name: 'report-dark.png', file: page, size, options: dark })
} finally {
  await browser.close()
  await rm(scratch, { recursive: true })
}
