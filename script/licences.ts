/** Prints the licences of all packages that a bundle holds: `licences.ts STATS`, the statistics that ncc writes of it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What is read of webpack's statistics. Modules that were concatenated are inside of another. */
interface Module {
  readonly nameForCondition?: string | null
  readonly modules?: readonly Module[]
}

interface Package {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly author?: string | { readonly name: string }
}

const packageFolder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/

function* filesOf(modules: readonly Module[]): Generator<string> {
  for (const { nameForCondition, modules: inner } of modules) {
    if (typeof nameForCondition === 'string') yield nameForCondition
    yield* filesOf(inner ?? [])
  }
}

/** The packages whose files the report's page embeds as they are: they are assets of the bundle, not modules. */
async function embedded(): Promise<string[]> {
  const text = await readFile('src/report/page/assets.ts', 'utf8')
  return [...text.matchAll(/'[./]*(\/node_modules\/[^']*)'/g)].map(
    ([, path = '']) => process.cwd() + path,
  )
}

/** The text in the package's own licence file; else that in its README; else the name of its licence. */
async function licenceOf(folder: string, { license, author }: Package): Promise<string> {
  const names = await readdir(folder)
  const file = names.find((name) => /^licen[cs]e/i.test(name))
  if (file !== undefined) return readFile(join(folder, file), 'utf8')
  const readme = names.find((name) => /^readme/i.test(name))
  const text = readme === undefined ? '' : await readFile(join(folder, readme), 'utf8')
  const section = /^#+ *licen[cs]e.*\n([^]*?)(?=^#|(?![^]))/im.exec(text)?.[1]
  if (section?.includes('Permission is hereby granted') === true) return section
  const by = typeof author === 'object' ? author.name : author
  return by === undefined ? license : `${license}, by ${by}`
}

const [stats = ''] = process.argv.slice(2)
const { modules } = JSON.parse(await readFile(stats, 'utf8')) as { modules: readonly Module[] }
const files = [...filesOf(modules), ...(await embedded())]
const folders = new Set(files.flatMap((file) => packageFolder.exec(file)?.[0] ?? []))
const licences = new Map<string, string>()
for (const folder of folders) {
  const facts = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Package
  const text = (await licenceOf(folder, facts)).replaceAll('\r', '').trim()
  licences.set(`${facts.name} ${facts.version} (${facts.license})`, text)
}
for (const name of [...licences.keys()].toSorted()) {
  const line = '='.repeat(name.length)
  process.stdout.write(`${name}\n${line}\n\n${licences.get(name) ?? ''}\n\n`)
}
