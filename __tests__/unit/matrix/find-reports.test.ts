import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { findReports } from '../../../src/matrix/index.js'

test('a place that cannot be searched is told like one without a report, and hides no other', async () => {
  const found = await findReports(['package.json/*.json', 'nowhere/*.json'])
  expect(found).toEqual([
    { where: 'package.json/*.json', damage: expect.stringContaining('ENOTDIR') },
    { where: 'nowhere/*.json', damage: 'there is no report' },
  ])
})

test('links to files and folders are followed, and none in a circle', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'find-reports-'))
  try {
    const [elsewhere, place] = [join(folder, 'elsewhere'), join(folder, 'place')]
    await mkdir(elsewhere)
    await mkdir(join(place, 'one'), { recursive: true })
    await writeFile(join(elsewhere, 'report.json'), '{}')
    await symlink(elsewhere, join(place, 'two'))
    await symlink(join(elsewhere, 'report.json'), join(place, 'one', 'report.json'))
    await symlink(place, join(place, 'one', 'round'))
    await symlink('nowhere', join(place, 'broken'))
    const expected = ['one', 'two'].map((name) => join(place, name, 'report.json'))
    for (const each of [place, `${place}/**/report.json`]) {
      expect((await findReports([each])).map(({ where }) => where)).toEqual(expected)
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
