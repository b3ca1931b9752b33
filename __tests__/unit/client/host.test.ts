import { expect, test } from '@jest/globals'
import {
  commandEnvironment,
  debianNames,
  parseRelease,
  systemOf,
  type Host,
} from '../../../src/client/host.js'

const linux: Host = {
  platform: 'linux',
  architecture: 'x64',
  release: { id: 'debian', version: '12', codename: 'bookworm' },
  environment: {},
}

test('os-release is read with and without quotes', () => {
  const text =
    'PRETTY_NAME="Ubuntu 24.04.3 LTS"\nID=ubuntu\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\n'
  expect(parseRelease(text)).toEqual({ id: 'ubuntu', version: '24.04', codename: 'noble' })
})

test('a distribution without a version, as Debian testing, has an empty one', () => {
  expect(parseRelease("ID='debian'\nVERSION_CODENAME=forky\n")).toEqual({
    id: 'debian',
    version: '',
    codename: 'forky',
  })
})

test('a file that names no distribution is no release', () => {
  expect(parseRelease('NAME=Something\n')).toBeUndefined()
})

test.each([
  [linux, 'debian-12'],
  [{ ...linux, release: { id: 'debian', version: '', codename: 'forky' } }, 'debian-forky'],
  [{ ...linux, release: undefined, platform: 'darwin' as const }, 'darwin'],
])('the system of tools is one word', (host, system) => {
  expect(systemOf(host)).toBe(system)
})

test.each([
  ['x64', 'amd64'],
  ['arm64', 'arm64'],
  ['s390x', undefined],
])('Debian calls the processor %s %s', (architecture, name) => {
  expect(debianNames({ ...linux, architecture })?.architecture).toBe(name)
})

test('a command gets the proxies of the job and nothing else of it', () => {
  const environment = {
    HTTPS_PROXY: 'http://proxy:3128',
    no_proxy: 'localhost',
    PGPASSWORD: 'secret',
    PATH: '/evil',
    LD_PRELOAD: '/evil.so',
  }
  expect(commandEnvironment({ ...linux, environment }, '/work')).toEqual({
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    HOME: '/work',
    TMPDIR: '/work',
    https_proxy: 'http://proxy:3128',
    no_proxy: 'localhost',
  })
})
