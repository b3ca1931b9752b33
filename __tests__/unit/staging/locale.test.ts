import { describe, expect, test } from '@jest/globals'
import { localeCandidates } from '../../../src/staging/index.js'

const spellings = (collate: string, encoding: string) =>
  localeCandidates({ collate, ctype: 'C', encoding }).map((each) => each.collate)

describe('localeCandidates', () => {
  test.each([
    ['de_DE', 'UTF8', ['de_DE', 'de_DE.UTF-8', 'de_DE.utf8']],
    ['de_DE', 'LATIN1', ['de_DE', 'de_DE.ISO-8859-1', 'de_DE.iso88591']],
    ['de_DE', 'WIN1252', ['de_DE']],
    ['de_DE.utf8', 'UTF8', ['de_DE.utf8', 'de_DE.UTF-8']],
    ['sr_RS@latin', 'UTF8', ['sr_RS@latin', 'sr_RS.UTF-8@latin', 'sr_RS.utf8@latin']],
    ['sr_RS.UTF-8@latin', 'UTF8', ['sr_RS.UTF-8@latin', 'sr_RS.utf8@latin']],
    ['ja_JP.eucJP', 'EUC_JP', ['ja_JP.eucJP']],
    ['German_Germany.1252', 'UTF8', ['German_Germany.1252', 'de_DE.UTF-8', 'de_DE.utf8']],
    ['C', 'UTF8', ['C']],
    ['POSIX', 'LATIN1', ['POSIX']],
    ['C.utf8', 'UTF8', ['C.utf8', 'C.UTF-8']],
  ])('of %s in %s', (collate, encoding, expected) => {
    expect(spellings(collate, encoding)).toEqual(expected)
  })
})
