import { expect, test } from '@jest/globals'
import { generateKey } from 'openpgp'
import { assertFingerprint, pgdgKey, primaryFingerprints } from '../../../src/client/pgdg-key.js'

const other = await generateKey({ userIDs: [{ name: 'throw-away' }], format: 'object' })

test('the embedded key is the one with the pinned fingerprint', () => {
  expect(primaryFingerprints(pgdgKey.armored)).toEqual(['B97B0AFCAA1A47F044F244A07FCC7D46ACCC4CF8'])
})

test('the fingerprint agrees with that of another implementation', () => {
  expect(primaryFingerprints(other.publicKey.armor())).toEqual([
    other.publicKey.getFingerprint().toUpperCase(),
  ])
})

test('a key with another fingerprint is refused', () => {
  const key = { ...pgdgKey, armored: other.publicKey.armor() }
  expect(() => {
    assertFingerprint(key)
  }).toThrow(`not ${pgdgKey.fingerprint}`)
})

test('a text without a key is refused', () => {
  expect(() => {
    assertFingerprint({ ...pgdgKey, armored: '' })
  }).toThrow("The repository's key is not the expected one")
})
