import { describe, expect, it } from '@jest/globals'
import { formatSetting, splitNames } from '../../../src/roles/setting.js'

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

  it('keeps names without quotes up to the comma', () => {
    expect(splitNames(' one , two three ')).toEqual(['one', 'two three'])
  })
})
