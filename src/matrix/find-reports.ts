/** Finds the reports that `reports` names: files, folders, globs. */
import { existsSync, statSync } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import picomatch from 'picomatch'
import { messageOf } from '../errors.js'
import type { Report } from '../report/index.js'
import { parseReport } from './parse-report.js'

/** A file that was found, with its report or with what is wrong with it. */
export type FoundReport =
  | { readonly where: string; readonly report: Report }
  | { readonly where: string; readonly damage: string }

/** Reads them all, each file once. What names nothing is told as damaged: somebody expected a report there. */
export async function findReports(places: readonly string[]): Promise<FoundReport[]> {
  const files = new Map<string, string>()
  const missing: FoundReport[] = []
  for (const place of places) {
    try {
      const found = await filesOf(place)
      if (found.length === 0) missing.push({ where: place, damage: 'there is no report' })
      for (const file of found) files.set(resolve(file), file)
    } catch (error) {
      missing.push({ where: place, damage: messageOf(error) })
    }
  }
  const read = [...files.values()].toSorted().map(readReport)
  return [...missing, ...(await Promise.all(read))]
}

async function readReport(where: string): Promise<FoundReport> {
  try {
    return { where, report: parseReport(await readFile(where, 'utf8')) }
  } catch (error) {
    return { where, damage: messageOf(error) }
  }
}

async function filesOf(place: string): Promise<string[]> {
  if (existsSync(place)) {
    return statSync(place).isDirectory() ? reportsBelow(place) : [place]
  }
  const matches = picomatch(place.replace(/^\.\//, ''), { dot: true })
  const { base } = picomatch.scan(place)
  if (base === '' || existsSync(base)) {
    const below = await filesBelow(base === '' ? '.' : base)
    return below.filter((file) => matches(file.replaceAll('\\', '/').replace(/^\.\//, '')))
  }
  return []
}

async function reportsBelow(folder: string): Promise<string[]> {
  return (await filesBelow(folder)).filter((file) => basename(file) === 'report.json')
}

/** Links are followed, but into no folder that is being read already. */
async function filesBelow(folder: string, above: readonly string[] = []): Promise<string[]> {
  const real = await realpath(folder)
  if (above.includes(real)) return []
  const entries = await readdir(folder, { withFileTypes: true })
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name)
      // A link that leads nowhere stays a link, and is passed over.
      const kind = entry.isSymbolicLink() ? await stat(path).catch(() => entry) : entry
      if (kind.isDirectory()) return filesBelow(path, [...above, real])
      return kind.isFile() ? [path] : []
    }),
  )
  return found.flat()
}
