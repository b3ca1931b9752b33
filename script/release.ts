/**
 * Writes a new version into CHANGELOG.md, package.json and package-lock.json, and prints its notes: `release.ts VERSION`.
 * With `--check` it only says whether that version can be released.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { releaseChangelog } from './changelog.js'

async function writeVersion(file: string, version: string): Promise<void> {
  const content = JSON.parse(await readFile(file, 'utf8')) as {
    version: string
    packages?: Record<string, { version: string }>
  }
  content.version = version
  const root = content.packages?.['']
  if (root !== undefined) root.version = version
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`)
}

const [version = '', flag] = process.argv.slice(2)
const today = new Date().toISOString().slice(0, 10)
try {
  const { changelog, notes } = releaseChangelog(
    await readFile('CHANGELOG.md', 'utf8'),
    version,
    today,
  )
  if (flag !== '--check') {
    await writeFile('CHANGELOG.md', changelog)
    await writeVersion('package.json', version)
    await writeVersion('package-lock.json', version)
  }
  process.stdout.write(`${notes}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
