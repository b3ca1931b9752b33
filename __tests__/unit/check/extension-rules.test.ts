/** Versions and lists of extensions. */
import { expect, test } from '@jest/globals'
import {
  isNewer,
  isOtherGeneration,
  parseAllowList,
  preloading,
} from '../../../src/check/extensions/rules.js'

test.each([
  ['1.10', '1.9', true],
  ['1.9', '1.10', false],
  ['1.0', '1', false],
  ['3.4.1', '3.4', true],
  ['2.0-dev', '1.9', true],
  ['unpackaged', '1.0', false],
])('version %s is newer than %s: %s', (version, other, answer) => {
  expect(isNewer(version, other)).toBe(answer)
})

test.each([
  ['4.7.4', '5.2.4', true],
  ['1.4', '1.11', false],
])('version %s is of another generation than %s: %s', (version, other, answer) => {
  expect(isOtherGeneration(version, other)).toBe(answer)
})

test.each([
  ['HSTORE,pg_trgm', 'hstore', true],
  [' hstore , "uuid-ossp"', 'uuid-ossp', true],
  ['hstore', 'store', false],
  ['*', 'anything', true],
  ['', 'hstore', false],
])('the list %j has %s: %s', (value, extension, answer) => {
  expect(parseAllowList('azure.extensions', value).has(extension)).toBe(answer)
})

test.each([
  // Their libraries refuse to be loaded later, and so CREATE EXTENSION fails.
  ['pg_squeeze', true],
  ['pg_stat_kcache', true],
  ['pglogical', true],
  ['pg_qualstats', false],
  ['pg_stat_statements', false],
  ['pg_wait_sampling', false],
])('%s cannot be created without its library: %s', (extension, answer) => {
  expect(preloading.get(extension)?.creating).toBe(answer)
})
