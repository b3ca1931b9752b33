import { describe, expect, it } from '@jest/globals'
import { formatSetting, splitNames } from '../../../src/server/catalog/list-settings.js'

describe('formatSetting', () => {
  it.each([
    ['work_mem', '64MB', `set "work_mem" to '64MB'`],
    ['search_path', '"$user", public', `set "search_path" to '$user', 'public'`],
    ['search_path', '""', `set "search_path" to ''`],
    ['search_path', '', `set "search_path" to ''`],
    ['search_path', '"a, b","c""d"', `set "search_path" to 'a, b', 'c"d'`],
    ['DateStyle', 'ISO, DMY', `set "DateStyle" to 'ISO, DMY'`],
    ['myapp.motto', "it's = ok", `set "myapp.motto" to 'it''s = ok'`],
  ])('writes %s = %s as ALTER ROLE takes it', (name, value, expected) => {
    expect(formatSetting(name, value)).toBe(expected)
  })

  it.each([
    ['"$user", public', ['$user', 'public']],
    ['"a""b",c', ['a"b', 'c']],
    ['"x, y"', ['x, y']],
    ['', []],
  ])('takes %s apart', (list, names) => {
    expect(splitNames(list)).toEqual(names)
  })

  it('keeps names without quotes up to the comma', () => {
    expect(splitNames(' one , two three ')).toEqual(['one', 'two three'])
  })
})
