/** Opens files in a headless Chromium, and sees what they say and ask for. */
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { browserBinaries } from './browser-binaries.js'

/** Far more than a busy machine needs. */
const patienceMs = 60_000
const attempts = 3

/** Starts the browser; on a machine that is out of breath, again. */
export async function startBrowser(fonts: 'own' | 'host' = 'own'): Promise<Browser> {
  const { executable, environment } = await browserBinaries(fonts)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await chromium.launch({
        executablePath: executable,
        // A container's root has no sandbox; the browser sees nothing but our own files.
        args: ['--no-sandbox', '--force-color-profile=srgb'],
        env: environment,
        timeout: patienceMs,
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      })
    } catch (error) {
      if (attempt === attempts) throw error
    }
  }
}

/** A page with all that it has complained of and asked for so far. */
export interface OpenPage {
  readonly page: Page
  /** Console messages of any kind, and errors that no script caught. */
  readonly complaints: readonly string[]
  /** Addresses other than the page's own. */
  readonly requests: readonly string[]
}

/** Opens a file as the only page of a window of its own. */
export async function openFile(
  browser: Browser,
  path: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', ...options })
  context.setDefaultTimeout(patienceMs)
  const page = await context.newPage()
  const complaints: string[] = []
  const requests: string[] = []
  const address = pathToFileURL(path).href
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(String(error)))
  context.on('request', (request) => {
    if (request.url() !== address) requests.push(request.url())
  })
  await page.goto(address, { waitUntil: 'load' })
  return { page, complaints, requests }
}

/** Waits until an expression is true in the page. Playwright's own way would need `eval`, which the page forbids. */
export async function waitUntil(page: Page, expression: string): Promise<void> {
  const deadline = Date.now() + patienceMs
  while (!(await page.evaluate<boolean>(expression))) {
    if (Date.now() > deadline) throw new Error(`This never became true in the page: ${expression}`)
    await sleep(20)
  }
}
