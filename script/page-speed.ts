/** Measures how fast the page of a report of many tables opens, and how soon a search has answered each key. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { openFile, startBrowser, waitUntil } from '../__tests__/support/browser.js'
import { largeReport } from '../__tests__/support/reports.js'
import { renderPage } from '../src/report/page/index.js'

const tables = Number(process.argv[2] ?? 10_000)
const openings = 7
const typed = 'orders_00042'

/** Runs in the page: resolves when what has been asked for so far is on the screen. */
const painted = 'new Promise((done) => requestAnimationFrame(() => setTimeout(done)))'

/** Milliseconds from the request for the page to the first rows on the screen. */
async function opened(page: Page): Promise<number> {
  await page.locator('#live-tables .tabulator-row').first().waitFor()
  return page.evaluate<number>(`${painted}.then(() => performance.now())`)
}

/** Milliseconds from each key to the screen that answers it. */
async function keystrokes(page: Page): Promise<number[]> {
  await page.evaluate(`
    const field = document.querySelector('#live-tables input[type=search]')
    window.answers = []
    field.addEventListener('input', (event) => {
      const typedAt = event.timeStamp
      ${painted}.then(() => window.answers.push(performance.now() - typedAt))
    })`)
  const field = page.locator('#live-tables input[type=search]')
  for (const [index, key] of Array.from(typed).entries()) {
    await field.press(key)
    await waitUntil(page, `window.answers.length === ${index + 1}`)
  }
  await page.locator('#live-tables [role=status]', { hasText: /^1 of/ }).waitFor()
  return page.evaluate<number[]>('window.answers')
}

async function measure(browser: Browser, file: string): Promise<{ open: number; keys: number[] }> {
  const { page, complaints } = await openFile(browser, file)
  if (complaints.length > 0) throw new Error(complaints.join('\n'))
  const open = await opened(page)
  const keys = await keystrokes(page)
  await page.context().close()
  return { open, keys }
}

function say(what: string, values: readonly number[]): void {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const text = `median ${middle.toFixed(0)} ms, slowest ${Math.max(...values).toFixed(0)} ms`
  process.stdout.write(`${what}: ${text}, of ${values.length}\n`)
}

const folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-speed-'))
const browser = await startBrowser()
try {
  const file = join(folder, 'report.html')
  await writeFile(file, renderPage(largeReport(tables)))
  process.stdout.write(`${tables} tables, ${((await stat(file)).size / 1e6).toFixed(1)} MB\n`)
  const runs = []
  for (let run = 0; run < openings; run += 1) runs.push(await measure(browser, file))
  say(
    'Opening, until the rows are on the screen',
    runs.map(({ open }) => open),
  )
  say(
    'A key of a search, until its answer is on the screen',
    runs.flatMap(({ keys }) => keys),
  )
} finally {
  await browser.close()
  await rm(folder, { recursive: true })
}
