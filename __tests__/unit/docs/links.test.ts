/** Every link inside this repository leads somewhere. */
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it, test } from '@jest/globals'
import { repository } from '../../support/action-inputs.js'
import { markdownFiles } from '../../support/markdown.js'

const files = markdownFiles()
const isOurs = (link: string): boolean => !/^[a-z]+:/.test(link)

test('there is Markdown to look at, with links and anchors', () => {
  expect(files.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['README.md', 'docs/troubleshooting.md', 'SECURITY.md']),
  )
  expect(files.flatMap(({ links }) => links.filter(isOurs)).length).toBeGreaterThan(20)
})

describe.each(files)('the links of $path', ({ path, links }) => {
  it('lead to files and headings that exist', () => {
    const broken = links.filter(isOurs).filter((link) => {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : normalize(join(dirname(path), decodeURI(file)))
      if (!existsSync(join(repository, target))) return true
      if (anchor === undefined) return false
      return files.find((other) => other.path === target)?.anchors.includes(anchor) !== true
    })
    expect(broken).toEqual([])
  })
})
