import { describe, expect, it } from '@jest/globals'
import { filterRestoreList, readRestoreList } from '../../../src/transfer/tools/restore-list.js'

const list = `;
; Archive created at 2026-11-22 10:00:00 UTC
;     dbname: shop
;
;
; Selected TOC Entries:
;
10; 2615 2200 SCHEMA - public pg_database_owner
20; 1255 16400 FUNCTION public on_ddl() postgres
;	depends on: 10
30; 3466 16401 EVENT TRIGGER - watcher postgres
;	depends on: 20
31; 0 0 COMMENT - EVENT TRIGGER "watcher" postgres
;	depends on: 30
40; 1259 16410 TABLE public odd name with spaces owner "of odd"
;	depends on: 10
41; 0 16410 TABLE DATA public odd name with spaces owner "of odd"
;	depends on: 40
50; 1255 16420 FUNCTION public native(integer) postgres
51; 2605 16421 CAST - CAST ("bytea" AS "uuid")
;	depends on: 50
52; 0 0 COMMENT - CAST ("bytea" AS "uuid") 
;	depends on: 51
60; 1259 16430 VIEW public uses_native postgres
;	depends on: 50
70; 3576 16430 TRANSFORM - TRANSFORM FOR integer LANGUAGE "sql" 
71; 1255 16440 FUNCTION public on_integers(integer) postgres
;	depends on: 70
72; 0 0 COMMENT - TRANSFORM FOR integer LANGUAGE "sql" 
;	depends on: 70
`

const entries = readRestoreList(list)
const refuseOnly =
  (...dumpIds: number[]) =>
  ({ dumpId }: { dumpId: number }) =>
    dumpIds.includes(dumpId) ? 'refused' : undefined

describe('readRestoreList', () => {
  it('reads every entry with its catalog row and its dependencies', () => {
    expect(entries.map(({ dumpId }) => dumpId)).toEqual([
      10, 20, 30, 31, 40, 41, 50, 51, 52, 60, 70, 71, 72,
    ])
    expect(entries[2]).toEqual({
      dumpId: 30,
      catalog: '3466',
      oid: '16401',
      text: 'EVENT TRIGGER - watcher postgres',
      dependsOn: [20],
    })
  })

  it.each(['\u2028', '\u2029', '\u0085', '\r'])('reads entries with %j in a name', (character) => {
    const lines = [
      `1; 1259 16410 TABLE public line${character}separator postgres`,
      `2; 1259 16411 TABLE ${character} t postgres`,
      `3; 1259 16412 TABLE public t ${character}`,
    ]
    const read = readRestoreList(lines.join('\n'))
    expect(read.map(({ text }) => text)).toEqual([
      `TABLE public line${character}separator postgres`,
      `TABLE ${character} t postgres`,
      `TABLE public t ${character}`,
    ])
  })

  it('refuses a list with a line that it cannot read', () => {
    expect(() => readRestoreList(`${list}80 TABLE public lost postgres\n`)).toThrow(
      expect.objectContaining({
        code: 'unknown-archive',
        message: expect.stringContaining('"80 TABLE public lost postgres" is no entry'),
      }),
    )
  })

  it('reads back what filterRestoreList writes', () => {
    const { list: written } = filterRestoreList(entries, () => undefined)
    const withoutDependencies = entries.map((entry) => ({ ...entry, dependsOn: [] }))
    expect(readRestoreList(written)).toEqual(withoutDependencies)
  })
})

describe('filterRestoreList', () => {
  const dropped = (...dumpIds: number[]) =>
    filterRestoreList(entries, refuseOnly(...dumpIds)).dropped.map(({ entry }) => entry.dumpId)

  it('takes the comment out with its object', () => {
    expect(dropped(30)).toEqual([30, 31])
  })

  it('follows dependencies through what may go, and never takes out a view or a table', () => {
    expect(dropped(50)).toEqual([50, 51, 52])
    expect(dropped(10)).toEqual([10, 20, 30, 31])
  })

  it('keeps the functions of a transform, which may not use it', () => {
    expect(dropped(70)).toEqual([70, 72])
  })

  it('says to what a follower belongs', () => {
    expect(filterRestoreList(entries, refuseOnly(30)).dropped[1]?.reason).toBe(
      'it belongs to EVENT TRIGGER - watcher postgres, which is left out',
    )
  })
})
