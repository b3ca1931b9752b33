import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { restorePasses } from '../../../src/transfer/restore-passes.js'

const objects = [
  '10; 2615 2200 SCHEMA - s postgres',
  '11; 1259 16410 TABLE s ACL postgres',
  '12; 0 16410 TABLE DATA s ACL postgres',
  '13; 0 0 COMMENT s TABLE "ACL " postgres',
]
const privileges = ['20; 0 0 ACL - SCHEMA s postgres', '21; 826 16500 DEFAULT ACL s postgres']
const end = [
  '30; 0 16411 MATERIALIZED VIEW DATA s m postgres',
  '31; 3466 16401 EVENT TRIGGER - watcher postgres',
  '32; 0 0 COMMENT - EVENT TRIGGER "watcher" postgres',
]

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'passes-'))
})
afterEach(() => rm(folder, { recursive: true }))

const passesOf = async (jobs: number, lines: readonly string[]) => {
  const passes = await restorePasses(jobs, () => Promise.resolve(lines.join('\n')), folder)
  return Promise.all(
    passes.map(async ({ name, jobs, listFile }) => ({
      name,
      jobs,
      list: listFile === undefined ? undefined : (await readFile(listFile, 'utf8')).split('\n'),
    })),
  )
}

describe('restorePasses', () => {
  it('grants by one job, after everything else but what needs the privileges', async () => {
    const mixed = [...end, ...privileges, ...objects]
    expect(await passesOf(4, mixed)).toEqual([
      { name: '', jobs: 4, list: [...objects, ''] },
      { name: 'privileges', jobs: 1, list: [...privileges, ''] },
      { name: 'end', jobs: 4, list: [...end, ''] },
    ])
  })

  it('is one run where nothing is granted, or one job does everything', async () => {
    const whole = { name: '', list: undefined }
    expect(await passesOf(4, [...objects, ...end])).toEqual([{ ...whole, jobs: 4 }])
    expect(await passesOf(1, [...objects, ...privileges])).toEqual([{ ...whole, jobs: 1 }])
  })
})
