import { expect, test } from '@jest/globals'
import { parseDeb822Sources, parseOneLineSources } from '../../../src/client/apt/host-sources.js'

test('the one-line format is read, with options, without source packages and comments', () => {
  const text = [
    '# deb http://off.example/debian bookworm main',
    'deb http://mirror.example/debian bookworm main contrib # the mirror',
    'deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] https://other.example/apt stable main',
    'deb-src http://mirror.example/debian bookworm main',
  ].join('\n')
  expect(parseOneLineSources(text)).toEqual([
    {
      uri: 'http://mirror.example/debian',
      suite: 'bookworm',
      components: ['main', 'contrib'],
      signedBy: undefined,
    },
    {
      uri: 'https://other.example/apt',
      suite: 'stable',
      components: ['main'],
      signedBy: '/usr/share/keyrings/k.gpg',
    },
  ])
})

test('the deb822 format gives one source for each address and suite', () => {
  const text = [
    'Types: deb deb-src',
    '# http://snapshot.example',
    'URIs: http://mirror.example/debian',
    'Suites: bookworm bookworm-updates',
    'Components: main',
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
    '',
    'Types: deb-src',
    'URIs: http://sources.example/debian',
    'Suites: bookworm',
    '',
    'Enabled: no',
    'Types: deb',
    'URIs: http://off.example/debian',
    'Suites: bookworm',
  ].join('\n')
  const source = {
    uri: 'http://mirror.example/debian',
    components: ['main'],
    signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
  }
  expect(parseDeb822Sources(text)).toEqual([
    { ...source, suite: 'bookworm' },
    { ...source, suite: 'bookworm-updates' },
  ])
})

test('a key that stands in the source itself is read as armored text', () => {
  const text = [
    'Types: deb',
    'URIs: http://mirror.example/debian',
    'Suites: bookworm',
    'Components: main',
    'Signed-By:',
    ' -----BEGIN PGP PUBLIC KEY BLOCK-----',
    ' .',
    ' mQINBE',
    ' -----END PGP PUBLIC KEY BLOCK-----',
  ].join('\n')
  expect(parseDeb822Sources(text)[0]?.signedBy).toBe(
    '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQINBE\n-----END PGP PUBLIC KEY BLOCK-----',
  )
})
