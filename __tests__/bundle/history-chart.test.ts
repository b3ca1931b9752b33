/** The chart of the history in a browser: what its axes say, however far apart the runs are. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { renderPage } from '../../src/report/page/index.js'
import type { HistoryRun } from '../../src/report/report.js'
import { openFile, startBrowser, waitUntil } from '../support/browser.js'
import { at, passedReport } from '../support/reports.js'

/** The first start fetches the browser. */
const patienceMs = 600_000
const MINUTE = 60
const DAY = 86_400

const run = (seconds: number): HistoryRun => ({
  mode: 'rehearse',
  result: 'passed',
  complete: true,
  startedAt: at(seconds),
  durationSeconds: 600,
  bytes: 1e9,
  differences: 0,
  findings: 0,
})

/** The texts of the chart, in the order in which they are drawn, from the moment at which it is drawn again. */
async function textsOf(page: Page): Promise<string[]> {
  await page.evaluate(`
    window.written = []
    const { fillText } = CanvasRenderingContext2D.prototype
    CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
      if (this.canvas.closest('#trend') !== null) window.written.push(text)
      return fillText.call(this, text, ...place)
    }`)
  await page.emulateMedia({ colorScheme: 'dark' })
  await waitUntil(page, 'window.written.length > 0')
  return page.evaluate<string[]>('window.written')
}

describe('the chart of the history', () => {
  let browser: Browser
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-chart-'))
    browser = await startBrowser()
  }, patienceMs)

  afterAll(async () => {
    await browser.close()
    await rm(folder, { recursive: true })
  })

  /** What the axis of time says of runs so many seconds after the first. */
  async function momentsOf(
    seconds: readonly number[],
    options: BrowserContextOptions = {},
  ): Promise<string[]> {
    const forecast = { kind: 'none', reason: 'this is a sample' } as const
    const history = { runs: seconds.map(run), change: null, forecast }
    const file = join(folder, 'report.html')
    await writeFile(file, renderPage({ ...passedReport('rehearse'), history }))
    const { page, complaints } = await openFile(browser, file, options)
    const texts = await textsOf(page)
    expect(complaints).toEqual([])
    await page.context().close()
    return texts.filter((text) => !/ (s|min|h)$/.test(text))
  }

  it(
    'names the times of runs that are minutes apart, and their day once',
    async () => {
      const minutes = [0, 7, 15, 22].map((minute) => minute * MINUTE)
      const said = ['02:00', '2026-11-22', '02:05', '02:10', '02:15', '02:20']
      expect(await momentsOf(minutes, { viewport: { width: 800, height: 800 } })).toEqual(said)
    },
    patienceMs,
  )

  it(
    'names the next day where it begins',
    async () => {
      const hours = [0, 10, 20, 26].map((hour) => hour * 60 * MINUTE)
      const said = await momentsOf(hours, { viewport: { width: 800, height: 800 } })
      expect(said.filter((text) => text.includes('-'))).toEqual(['2026-11-22', '2026-11-23'])
      expect(said[said.indexOf('2026-11-23') - 1]).toBe('00:00')
    },
    patienceMs,
  )

  it(
    'names days in UTC, wherever the reader is',
    async () => {
      const months = [0, 30, 60, 120, 300].map((day) => day * DAY)
      const said = await momentsOf(months, { timezoneId: 'Asia/Tokyo' })
      expect(said.length).toBeGreaterThan(1)
      expect(said.filter((text) => !text.endsWith('-01'))).toEqual([])
    },
    patienceMs,
  )
})
