import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { restorePasses, type PassOptions } from '../../../src/transfer/tools/restore-passes.js'

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

const passesOf = async (
  jobs: number,
  lines: readonly string[],
  more: Partial<PassOptions> = {},
) => {
  const readList = () => Promise.resolve(lines.join('\n'))
  const passes = await restorePasses({
    jobs,
    readList,
    folder,
    droppedIds: new Set(),
    grants: true,
    configured: new Set(),
    late: new Set(),
    ...more,
  })
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

  it('builds indexes that look into other tables when all rows are in, and with them what depends on them', async () => {
    const ordinary = ['40; 1259 16500 INDEX s plain postgres', ...objects]
    const late = [
      '41; 1259 16501 INDEX s late postgres',
      '42; 2606 16502 CONSTRAINT s t late_excl postgres',
      ';\tdepends on: 10',
      '43; 0 0 COMMENT s INDEX late postgres',
      ';\tdepends on: 41',
    ]
    const all = [...ordinary, ...late]
    const built = { late: new Set(['16501', '16502', '16410']) }
    const lists = (await passesOf(4, all, built)).map(({ name, list }) => [
      name,
      (list ?? []).filter((line) => /^\d/.test(line)).map((line) => line.split(';')[0]),
    ])
    expect(lists).toEqual([
      ['', ['40', '10', '11', '12', '13']],
      ['indexes', ['41', '42', '43']],
    ])
    expect(await passesOf(1, all, built)).toEqual([{ name: '', jobs: 1 }])
  })

  it('adds checks that are not validated by one job, when all rows are in', async () => {
    const checks = [
      '45; 2606 16601 CHECK CONSTRAINT s parent few postgres',
      '46; 0 0 COMMENT s CONSTRAINT few ON parent postgres',
    ]
    const withComment = [checks[0] ?? '', checks[1] ?? '', ';\tdepends on: 45']
    const all = [...withComment, ...objects, ...privileges, ...end]
    expect(await passesOf(4, all, { grants: false })).toEqual([
      { name: '', jobs: 4, list: [...objects, ...privileges, ''] },
      { name: 'checks', jobs: 1, list: [...checks, ''] },
      { name: 'end', jobs: 4, list: [...end, ''] },
    ])
    expect(await passesOf(1, all)).toEqual([{ name: '', jobs: 1 }])
  })

  it('is one run where nothing is granted, or one job does everything', async () => {
    const whole = { name: '', list: undefined }
    expect(await passesOf(4, [...objects, ...end])).toEqual([{ ...whole, jobs: 4 }])
    expect(await passesOf(1, [...objects, ...privileges])).toEqual([{ ...whole, jobs: 1 }])
  })

  // Table 1 has the partition 2; table 3 is an ordinary one.
  const partitions = [
    '40; 0 0 TABLE ATTACH s part postgres',
    '50; 0 0 INDEX ATTACH s part_pkey postgres',
    '60; 2606 1 FK CONSTRAINT s plain plain_fkey postgres',
  ]
  const keys = [
    '61; 2606 2 FK CONSTRAINT s plain to_partitioned postgres',
    '62; 2606 3 FK CONSTRAINT s partitioned from_partitioned postgres',
    '70; 0 0 COMMENT s CONSTRAINT "to_partitioned" ON plain postgres',
  ]
  const needs = [';	depends on: 2 1', ';	depends on: 1 2', ';	depends on: 3 3']
  const keysNeed = [';	depends on: 50 3 1', ';	depends on: 1 3', ';	depends on: 61']
  const withDependencies = (lines: readonly string[], on: readonly string[]) =>
    lines.flatMap((line, index) => [line, on[index] ?? ''])
  const archive = [
    ...objects,
    ...withDependencies(keys, keysNeed),
    ...withDependencies(partitions, needs),
    ...end,
  ]

  it('adds foreign keys of partitioned tables by one job, when all indexes are attached', async () => {
    expect(await passesOf(4, archive)).toEqual([
      { name: '', jobs: 4, list: [...objects, ...partitions, ''] },
      { name: 'keys', jobs: 1, list: [...keys, ''] },
      { name: 'end', jobs: 4, list: [...end, ''] },
    ])
  })

  it('restores neither what is left out nor, where they are given afterwards, privileges apart', async () => {
    const options = { droppedIds: new Set([10, 61, 70]), grants: false }
    expect(await passesOf(4, [...privileges, ...archive], options)).toEqual([
      { name: '', jobs: 4, list: [...privileges, ...objects.slice(1), ...partitions, ''] },
      { name: 'keys', jobs: 1, list: [keys[1], ''] },
      { name: 'end', jobs: 4, list: [...end, ''] },
    ])
  })

  it("restores the rows of extensions' configuration tables by one job, in the archive's order, before all others", async () => {
    const rows = ['12; 0 16410', '14; 0 16600', '15; 0 16500', '16; 0 16411'].map(
      (entry) => `${entry} TABLE DATA s t postgres`,
    )
    const [users, first, second, others] = rows
    const index = '17; 1259 16420 INDEX s i postgres'
    const archive = [...objects.slice(0, 2), ...rows, index, ...privileges, ...end]
    const options = { configured: new Set(['16500', '16600', '16700']) }
    for (const jobs of [1, 4]) {
      expect(await passesOf(jobs, archive, options)).toEqual([
        { name: '', jobs: 1, list: [...objects.slice(0, 2), first, second, ''] },
        { name: 'rest', jobs, list: [users, others, index, ''] },
        { name: 'privileges', jobs: 1, list: [...privileges, ''] },
        { name: 'end', jobs, list: [...end, ''] },
      ])
    }
    const none = await passesOf(1, archive, { configured: new Set(['16700']) })
    expect(none).toEqual([{ name: '', jobs: 1, list: undefined }])
  })
})
