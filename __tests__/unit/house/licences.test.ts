/** dist/licenses.txt: the licence of everything that the bundle holds. */
import { describe, expect, it, test } from '@jest/globals'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../../support/action-inputs.js'

const read = (...path: string[]): string => readFileSync(join(repository, ...path), 'utf8')
const licences = read('dist', 'licenses.txt')
const heading = /^((?:@[\w.-]+\/)?[\w.-]+) \S+ \(.+\)\n=+\n\n(\S)/gm
const listed = [...licences.matchAll(heading)].map(([, name]) => name)

/** The packages whose modules the bundle names in its own comments. */
function namedInBundle(): string[] {
  const bundles = readdirSync(join(repository, 'dist')).filter((name) => name.endsWith('index.js'))
  const comment = /^;\/\/ CONCATENATED MODULE: \.\/node_modules\/((?:@[^/]+\/)?[^/]+)/gm
  const names = bundles.flatMap((name) => [...read('dist', name).matchAll(comment)])
  return [...new Set(names.map(([, name = '']) => name))]
}

/** The packages that src/ imports, and the libraries whose files the page carries. */
function importedPackages(): string[] {
  const files = readdirSync(join(repository, 'src'), { recursive: true, encoding: 'utf8' })
  const text = files
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read('src', name))
    .join('\n')
  const imports =
    /(?:(?<!distinct )from|import\() ?'(?!node:|\.)((?:@[\w.-]+\/)?[\w.-]+)['/]|node_modules\/([\w-]+)\//g
  const names = [...text.matchAll(imports)].map(([, name, library]) => name ?? library ?? '')
  return [...new Set(names)].toSorted()
}

describe('dist/licenses.txt', () => {
  test.each(importedPackages())('holds the licence of the package %s', (name) => {
    expect(listed).toContain(name)
  })

  it('holds the licence of every package that the bundle names', () => {
    const named = namedInBundle()
    expect(named).toContain('@azure/core-client')
    expect(named.filter((name) => !listed.includes(name))).toEqual([])
  })

  it('holds the texts, not only the names', () => {
    const [, driver = ''] = licences.split(/^pg \S+ \(MIT\)$/m)
    expect(driver.slice(0, 2000)).toContain('Copyright (c) 2010')
  })
})
