import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { visible } from '../../src/report/format.js'
import type { PageData } from '../../src/report/page/data.js'
import { serverInputs } from '../support/action-inputs.js'
import { openFile, startBrowser, waitUntil, type OpenPage } from '../support/browser.js'
import { hostileNames } from '../support/reports.js'
import { runAction } from '../support/runner.js'
import { createDatabase, runSql, sharedServer, type TestServer } from '../support/servers.js'

/** The first start fetches the browser. */
const patienceMs = 600_000

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const schema = '<b>shop</b> | `x`'
/** PostgreSQL takes any character but NUL, and 63 bytes. */
const names = hostileNames.filter((name) => !name.includes('\0') && Buffer.byteLength(name) < 64)
const shown = names.map((name) => visible(`${schema}.${name}`))

function sample(): string {
  const plain = Array.from({ length: 20 }, (_, index) => `plain_${index}`)
  const tables = [...names, ...plain].map((name, index) => {
    const table = `${quoted(schema)}.${quoted(name)}`
    return `create table ${table} (id int primary key);
      insert into ${table} select generate_series(1, ${index * 300});`
  })
  return `create schema ${quoted(schema)}; ${tables.join('\n')}`
}

/** What the page does on its own, once it has done it. */
async function openReport(
  browser: Browser,
  path: string,
  options?: Parameters<typeof openFile>[2],
): Promise<OpenPage> {
  const opened = await openFile(browser, path, options)
  opened.page.on('dialog', (dialog) => {
    throw new Error(`The page opened a dialog: ${dialog.message()}`)
  })
  if (options?.javaScriptEnabled !== false) {
    await opened.page.locator('#live-tables .tabulator-row').first().waitFor()
  }
  return opened
}

const overflow = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')

describe('the report of real rehearsals, in a browser', () => {
  let source: TestServer
  let database: string
  let browser: Browser
  let file: string
  let folder: string

  beforeAll(async () => {
    source = await sharedServer(11)
    const target = await sharedServer(18)
    database = await createDatabase(source, 'page')
    await runSql(source, database, sample())
    folder = await mkdtemp(join(tmpdir(), 'upgrade-postgres-page-'))
    const inputs = {
      ...serverInputs(source, target),
      databases: database,
      mode: 'rehearse',
      method: 'copy',
      roles: 'skip',
      history: join(folder, 'history.json'),
    }
    await runAction(inputs)
    const run = await runAction(inputs)
    if (run.outputs['result'] !== 'passed') throw new Error(`The rehearsal failed:\n${run.stdout}`)
    file = run.outputs['report-html'] ?? ''
    browser = await startBrowser()
  }, patienceMs)

  afterAll(async () => {
    await browser.close()
    await runSql(source, 'postgres', `drop database ${quoted(database)}`)
    await rm(folder, { recursive: true })
  })

  it.each([
    ['in the light', { colorScheme: 'light' }],
    ['in the dark', { colorScheme: 'dark' }],
    ['on a phone', { viewport: { width: 400, height: 800 } }],
    ['in a language that is none', { locale: 'en-US@posix' }],
    ['without JavaScript', { javaScriptEnabled: false }],
    [
      'without JavaScript on a phone',
      { javaScriptEnabled: false, viewport: { width: 400, height: 800 } },
    ],
  ] as const)(
    'opens with the verdict, complains of nothing, asks for nothing and is not too wide %s',
    async (_, options) => {
      const { page, complaints, requests } = await openReport(browser, file, options)
      const first = await page.locator('body > *').first().locator('h1').innerText()
      expect(first).toMatch(/^[✓!] Rehearsal passed: PostgreSQL 11\.\d+ → 18\.\d+$/)
      const wide = 'javaScriptEnabled' in options ? 0 : await overflow(page)
      expect({ complaints, requests, wide }).toEqual({ complaints: [], requests: [], wide: 0 })
      await page.context().close()
    },
    patienceMs,
  )

  it(
    'is dark where the system is dark, with letters that stand out from the ground',
    async () => {
      const colours = async (colorScheme: 'dark' | 'light'): Promise<boolean[]> => {
        const { page } = await openReport(browser, file, { colorScheme })
        const parts = ['body', 'header', '.tabulator-row', '.tabulator-header']
        const lighter = await page.evaluate<boolean[]>(`${JSON.stringify(parts)}.map((part) => {
          const style = getComputedStyle(document.querySelector(part))
          const light = (colour) => colour.match(/\\d+/g).slice(0, 3).reduce((sum, one) => sum + Number(one), 0)
          return light(style.color) > light(style.backgroundColor) + 300
        })`)
        await page.context().close()
        return lighter
      }
      expect(await colours('dark')).toEqual([true, true, true, true])
      expect(await colours('light')).toEqual([false, false, false, false])
    },
    patienceMs,
  )

  it(
    'says every table and what was compared without JavaScript',
    async () => {
      const { page } = await openReport(browser, file, { javaScriptEnabled: false })
      await page.locator('#tables summary').click()
      const row = page.locator('#tables tr', { hasText: 'plain_19' })
      await row.waitFor()
      const rows = String((names.length + 19) * 300).replace(/(?=...$)/, ',')
      expect((await row.locator('td').allInnerTexts()).slice(1, 4)).toEqual([rows, rows, 'yes'])
      const codes = await page.locator('#tables td code').allInnerTexts()
      expect(codes).toEqual(expect.arrayContaining(shown))
      expect(await page.locator('.scripted:visible').count()).toBe(0)
      await page.context().close()
    },
    patienceMs,
  )

  it(
    'prints every section open, and the table of tables as a list',
    async () => {
      const { page, complaints } = await openReport(browser, file, { colorScheme: 'dark' })
      await page.emulateMedia({ media: 'print' })
      await page.setViewportSize({ width: 760, height: 1000 })
      await page.locator('#tables tr', { hasText: 'plain_19' }).waitFor()
      await page.locator('#live-tables').waitFor({ state: 'hidden' })
      await page.locator('#servers li').first().waitFor()
      expect(await overflow(page)).toBe(0)
      // An upgrade of several databases has more phases and longer remedies than this rehearsal; A4 across has 1047 pixels.
      await page.setViewportSize({ width: 1047, height: 740 })
      await page.evaluate(`{
        const cells = (tag, text) => ('<' + tag + ' class="figure">' + text + '</' + tag + '>').repeat(12)
        document.querySelector('#servers').insertAdjacentHTML('beforeend',
          '<pre>' + 'alter '.repeat(99) + '</pre><div class="wide"><table>' +
          '<tr><th>Database</th>' + cells('th', 'restore definitions') + '</tr>' +
          '<tr><td><code>' + 'name'.repeat(15) + '</code></td>' + cells('td', '1 h 59 min') + '</tr></table></div>')
      }`)
      expect(await overflow(page)).toBe(0)
      expect((await page.pdf()).subarray(0, 5).toString()).toBe('%PDF-')
      expect(complaints).toEqual([])
      await page.context().close()
    },
    patienceMs,
  )

  it(
    'keeps names as they are',
    async () => {
      const { page, complaints } = await openReport(browser, file)
      const data = JSON.parse((await page.locator('#data').textContent()) ?? '') as PageData
      expect(data.tables.map(({ table }) => table)).toEqual(expect.arrayContaining(shown))
      for (const part of ['<script>', '<img', 'a|b']) {
        const name = shown.find((candidate) => candidate.includes(part)) ?? ''
        await page.locator('#live-tables input[type=search]').fill(part)
        const rows = page.locator('#live-tables .tabulator-row')
        await page.locator('#live-tables [role=status]', { hasText: /^1 of/ }).waitFor()
        await rows.filter({ hasText: name }).waitFor()
        expect(
          await rows.locator('.tabulator-cell[tabulator-field=table]').allInnerTexts(),
        ).toEqual([name])
      }
      expect(await page.locator('main script, main img, main b').count()).toBe(0)
      expect(complaints).toEqual([])
      await page.context().close()
    },
    patienceMs,
  )

  it.each([
    ['on a desk', 1000, false],
    ['on a phone, with the database below', 390, true],
  ])(
    'shows the names of tables whole %s',
    async (_, width, below) => {
      const { page } = await openReport(browser, file, { viewport: { width, height: 800 } })
      const cells = page.locator('#live-tables .tabulator-cell[tabulator-field=table]')
      const [first = ''] = await cells.allInnerTexts()
      expect(first.split('\n')).toEqual([
        expect.stringContaining('plain_19'),
        ...(below ? [database] : []),
      ])
      const cut = `[...document.querySelectorAll('#live-tables .tabulator-cell.name')]
        .filter((cell) => cell.scrollWidth > cell.clientWidth || cell.scrollHeight > cell.clientHeight)
        .map((cell) => cell.innerText)`
      expect(await page.evaluate<string[]>(cut)).toEqual([])
      await page.context().close()
    },
    patienceMs,
  )

  it(
    'sorts tables by a click, and searches them',
    async () => {
      const { page, complaints } = await openReport(browser, file)
      const first = page.locator('#live-tables .tabulator-row').first()
      const heading = page.locator('.tabulator-col[tabulator-field=source] .tabulator-col-title')
      await heading.click()
      await first.filter({ hasText: 'plain_19' }).waitFor()
      await heading.click()
      await first.filter({ hasText: shown[0] ?? '' }).waitFor()
      await page.locator('#live-tables input[type=search]').fill('PLAIN_7')
      await first.filter({ hasText: 'plain_7' }).waitFor()
      const all = names.length + 20
      await page.locator('#live-tables [role=status]', { hasText: `1 of ${all}` }).waitFor()
      await page.locator('#live-tables input[type=search]').fill('')
      await page.locator('#live-tables input[type=checkbox]').check()
      await page.locator('#live-tables [role=status]', { hasText: `0 of ${all}` }).waitFor()
      expect(complaints).toEqual([])
      await page.context().close()
    },
    patienceMs,
  )

  it(
    'zooms the timeline, and says what a bar was',
    async () => {
      const { page, complaints } = await openReport(browser, file)
      const drawn = `document.querySelector('#timeline canvas').toDataURL()`
      const whole = await page.evaluate<string>(drawn)
      const changes = (): Promise<void> => waitUntil(page, `${drawn} !== ${JSON.stringify(whole)}`)
      const returns = async (): Promise<void> => {
        await page.locator('button', { hasText: 'Whole run' }).click()
        await waitUntil(page, `${drawn} === ${JSON.stringify(whole)}`)
      }
      await page.locator('button', { hasText: 'Zoom in' }).click()
      await changes()
      await returns()

      const plot = page.locator('#timeline .u-over')
      const { width = 0, height = 0 } = (await plot.boundingBox()) ?? {}
      await plot.hover({ position: { x: width / 4, y: height / 2 } })
      await page.mouse.down()
      await plot.hover({ position: { x: width / 2, y: height / 2 } })
      await page.mouse.up()
      await changes()
      await returns()

      const { timeline } = JSON.parse((await page.locator('#data').textContent()) ?? '') as PageData
      const lane = timeline.lanes.indexOf(database)
      const [longest] = timeline.bars
        .filter((bar) => bar[0] === lane)
        .toSorted((a, b) => b[2] - a[2])
      if (longest === undefined) throw new Error('The lane of the database has no bar.')
      const [, from, duration, , , what] = longest
      await plot.hover({
        position: {
          x: ((from + duration / 2) / timeline.seconds) * width,
          y: ((lane + 0.5) / timeline.lanes.length) * height,
        },
      })
      await page.locator('#timeline .tip', { hasText: what }).waitFor()
      expect(complaints).toEqual([])
      await page.context().close()
    },
    patienceMs,
  )

  it(
    'draws the history, and says what each run was',
    async () => {
      const { page, complaints } = await openReport(browser, file)
      await page.locator('#trend canvas').waitFor()
      const plot = page.locator('#trend .u-over')
      await plot.hover({ position: { x: 1, y: 100 } })
      await page.locator('#trend .tip', { hasText: /UTC: .* s/ }).waitFor()
      expect(complaints).toEqual([])
      await page.context().close()
    },
    patienceMs,
  )
})
