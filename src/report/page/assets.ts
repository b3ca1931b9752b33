/** The files that the page carries inside: its style and scripts, and the two libraries that draw the charts and the table. */
import { readFileSync } from 'node:fs'

/** What stands inside a page's `style` and `script` elements. */
export interface Assets {
  readonly styles: readonly string[]
  readonly scripts: readonly string[]
}

const read = (url: URL): string => readFileSync(url, 'utf8')

/** A library's licence, as a comment in front of its code. */
const licence = (text: string): string => `/*!\n${text.replaceAll('*/', '')}\n*/`

/**
 * Reads the assets. Every path is written out in a `new URL(…, import.meta.url)`, which is how the bundler finds the
 * files and puts them beside the bundle.
 */
export function readAssets(): Assets {
  const chartLicence = licence(
    read(new URL('../../../node_modules/uplot/LICENSE', import.meta.url)),
  )
  const tableLicence = licence(
    read(new URL('../../../node_modules/tabulator-tables/LICENSE', import.meta.url)),
  )
  const chart = read(new URL('../../../node_modules/uplot/dist/uPlot.iife.min.js', import.meta.url))
  const table = read(
    new URL('../../../node_modules/tabulator-tables/dist/js/tabulator.min.js', import.meta.url),
  )
  return {
    styles: [
      read(new URL('../../../node_modules/uplot/dist/uPlot.min.css', import.meta.url)),
      read(
        new URL(
          '../../../node_modules/tabulator-tables/dist/css/tabulator_simple.min.css',
          import.meta.url,
        ),
      ),
      read(new URL('./client/page.css', import.meta.url)),
      read(new URL('./client/print.css', import.meta.url)),
    ].map(withoutSourceMap),
    scripts: [
      read(new URL('./client/language.js', import.meta.url)),
      `${chartLicence}\n${chart}`,
      `${tableLicence}\n${table}`,
      read(new URL('./client/timeline.js', import.meta.url)),
      read(new URL('./client/tables.js', import.meta.url)),
      read(new URL('./client/trend.js', import.meta.url)),
    ].map(withoutSourceMap),
  }
}

/** A browser with its tools open would ask for the map. */
function withoutSourceMap(text: string): string {
  return text.replace(/^\s*(\/\/|\/\*)# sourceMappingURL=.*$/gm, '')
}
