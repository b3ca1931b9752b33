/** Every kind of finding has a test on real servers that sees it, and one that sees nothing without its object. */
import { describe, expect, test } from '@jest/globals'
import { checkNames } from '../../../src/report/check-names.js'
import { textsOf } from './test-texts.js'
import { clean, witnesses } from './witnesses.js'

/** Allows no finding, whatever its name. */
const allowsNone = /indings[^;]*\.toEqual\(\[\]\)/

describe.each(checkNames)('%s', (name) => {
  test('has a test in which its object is there', () => {
    const named = textsOf(witnesses[name].present).filter((text) => text.includes(name))
    expect(named).not.toEqual([])
  })

  test('has a test in which it is not', () => {
    const seen = textsOf(witnesses[name].absent)
    expect(seen.filter((text) => text.includes(name) || allowsNone.test(text))).not.toEqual([])
  })
})

test('a title that no test has is told', () => {
  expect(textsOf(['check/clean', 'PostgreSQL 9'])).toEqual([])
  expect(textsOf(clean)).toHaveLength(1)
})
