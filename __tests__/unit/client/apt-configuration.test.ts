import { expect, test } from '@jest/globals'
import {
  aptConfiguration,
  aptSources,
  networkSettings,
} from '../../../src/client/apt/configuration.js'
import { aptMessages } from '../../../src/client/apt/private-apt.js'

test('the private apt demands signatures after whatever the host has set', () => {
  const text = aptConfiguration({
    directory: '/work',
    architecture: 'amd64',
    settings: ['Acquire::http::Proxy "http://proxy:3128";'],
  })
  const lines = text.split('\n')
  expect(lines.indexOf('Acquire::AllowInsecureRepositories "false";')).toBeGreaterThan(
    lines.indexOf('Acquire::http::Proxy "http://proxy:3128";'),
  )
})

test('the private apt reads none of the configuration, sources and preferences of the host', () => {
  const text = aptConfiguration({ directory: '/work', architecture: 'amd64', settings: [] })
  expect(text.match(/"\/(?!work|dev\/null)[^"]*"/g)).toBeNull()
})

test('of the host settings only how to reach a mirror is taken over', () => {
  const dump = [
    'Acquire "";',
    'Acquire::AllowInsecureRepositories "1";',
    'Acquire::http::Proxy "http://proxy:3128";',
    'Acquire::https::mirror.example::Proxy "DIRECT";',
    'Acquire::http::AllowRedirect "true";',
    'Acquire::Check-Valid-Until "false";',
    'Acquire::IndexTargets::deb::DEP-11::KeepCompressed "true";',
  ].join('\n')
  expect(networkSettings(dump)).toEqual([
    'Acquire::http::Proxy "http://proxy:3128";',
    'Acquire::https::mirror.example::Proxy "DIRECT";',
    'Acquire::Check-Valid-Until "false";',
  ])
})

test('each repository is one stanza with its keyring', () => {
  const repository = {
    uri: 'http://mirror.example/debian',
    suites: ['noble', 'noble-updates'],
    components: ['main', 'universe'],
    keyring: '/k.gpg',
  }
  expect(aptSources([repository])).toBe(
    'Types: deb\nURIs: http://mirror.example/debian\nSuites: noble noble-updates\n' +
      'Components: main universe\nSigned-By: /k.gpg\n',
  )
})

test('of what apt says only errors and warnings are kept, each once', () => {
  const stderr =
    'Reading package lists...\nW: GPG error: x\nE: not signed\nE: not signed\nN: see man\n'
  expect(aptMessages(stderr)).toBe('GPG error: x; not signed')
})
