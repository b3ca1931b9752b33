import { describe, expect, test } from '@jest/globals'
import { distributions, findMirrors, repositoriesOf } from '../../../src/client/apt/mirrors.js'
import type { AptSource } from '../../../src/client/apt/host-sources.js'
import { clientPackageVersion } from '../../../src/client/apt/unpack.js'
import type { Host } from '../../../src/client/host.js'
import { brewDirectory, brewInstall } from '../../../src/client/sources/homebrew.js'
import { pgdgPlaces } from '../../../src/client/sources/pgdg.js'
import { windowsInstalls } from '../../../src/client/sources/windows.js'

const host = (platform: NodeJS.Platform, environment: Host['environment']): Host => ({
  platform,
  architecture: 'x64',
  release: undefined,
  environment,
})

describe('suites of the distribution', () => {
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
  const source = (uri: string, suite: string, signedBy?: string): AptSource => ({
    uri,
    suite,
    components: ['main'],
    signedBy,
  })

  test.each([
    ['debian', 13, ['bullseye']],
    ['debian', 14, []],
    ['debian', 15, ['bookworm']],
    ['debian', 16, []],
    ['debian', 17, ['trixie']],
    ['debian', 18, ['forky', 'sid']],
    ['debian', 19, ['forky', 'sid']],
    ['ubuntu', 14, ['jammy']],
    ['ubuntu', 16, ['noble']],
    ['ubuntu', 17, []],
    ['ubuntu', 18, ['resolute']],
  ])('%s carries %i in %j', (id, major, suites) => {
    expect(distributions[id]?.suites(major)).toEqual(suites)
  })

  test('a mirror signed as the distribution is comes before a third party that uses the same suite', () => {
    const sources = [
      source('https://third.example/apt', 'bookworm', '/third.gpg'),
      source('http://plain.example/debian', 'bookworm'),
      source('http://mirror.example/debian', 'bookworm-updates', keyring),
      source('http://mirror.example/debian', 'bookworm', keyring),
      source('http://mirror.example/debian-security', 'bookworm-security', keyring),
      source('https://deb.example/node', 'nodistro', '/node.gpg'),
    ]
    const securityUri = 'http://mirror.example/debian-security'
    expect(findMirrors(sources, { knownSuites: ['bookworm'], keyring })).toEqual([
      { uri: 'http://mirror.example/debian', securityUri, signedBy: keyring },
      { uri: 'http://plain.example/debian', securityUri, signedBy: undefined },
      { uri: 'https://third.example/apt', securityUri, signedBy: '/third.gpg' },
    ])
  })

  test('a source without the component main is no mirror', () => {
    const sources = [{ ...source('http://x.example', 'bookworm'), components: ['stable'] }]
    expect(findMirrors(sources, { knownSuites: ['bookworm'], keyring })).toEqual([])
  })

  const mirror = { uri: 'http://m.example', securityUri: 'http://s.example', signedBy: undefined }

  test('a suite of Debian comes with its security updates, from the mirror of those', () => {
    const components = ['main']
    expect(repositoriesOf(mirror, 'trixie', { companions: [], components }, keyring)).toEqual([
      { uri: 'http://m.example', suites: ['trixie'], components, keyring },
      { uri: 'http://s.example', suites: ['trixie-security'], components, keyring },
    ])
  })

  test('sid has no security updates of its own', () => {
    const components = ['main']
    expect(repositoriesOf(mirror, 'sid', { companions: [], components }, keyring)).toEqual([
      { uri: 'http://m.example', suites: ['sid'], components, keyring },
    ])
  })

  test('a suite of Ubuntu comes with its updates from one mirror', () => {
    const components = ['main', 'universe']
    const companions = ['-updates', '-security']
    expect(repositoriesOf(mirror, 'noble', { companions, components }, keyring)).toEqual([
      {
        uri: 'http://m.example',
        suites: ['noble', 'noble-updates', 'noble-security'],
        components,
        keyring,
      },
    ])
  })
})

describe("the PostgreSQL project's repository", () => {
  test('a release is looked for in the repository, then in its archive', () => {
    expect(pgdgPlaces('bookworm', undefined, true)).toEqual([
      { uri: 'https://apt.postgresql.org/pub/repos/apt', suite: 'bookworm-pgdg' },
      { uri: 'https://apt-archive.postgresql.org/pub/repos/apt', suite: 'bookworm-pgdg' },
      { uri: 'https://apt-archive.postgresql.org/pub/repos/apt', suite: 'bookworm-pgdg-archive' },
    ])
  })

  test('without certificates it is read over plain http', () => {
    const schemes = pgdgPlaces('noble', '', false).map(({ uri }) => uri.split(':')[0])
    expect(schemes).toEqual(['http', 'http', 'http'])
  })

  test('a mirror takes the place of both', () => {
    expect(pgdgPlaces('noble', 'https://mirror.example/pgdg/', true)).toEqual([
      { uri: 'https://mirror.example/pgdg', suite: 'noble-pgdg' },
      { uri: 'https://mirror.example/pgdg', suite: 'noble-pgdg-archive' },
    ])
  })

  test.each([
    ['postgresql-client-18_18.6-1.pgdg24.04+1_amd64.deb', 18, '18.6'],
    ['postgresql-client-19_19~beta1-1.pgdg12+1_arm64.deb', 19, '19beta1'],
    ['postgresql-client-17_17.12-0+deb13u1_amd64.deb', 17, '17.12'],
    ['postgresql-client-17_17.12-0+deb13u1_amd64.deb', 18, undefined],
    ['libpq5_18.6-1_amd64.deb', 18, undefined],
  ])('the package %s for %i holds version %s', (file, major, version) => {
    expect(clientPackageVersion([`/archives/${file}`], major)).toBe(version)
  })
})

describe('Homebrew', () => {
  test('one major is installed beside the others, with nothing of the job in the environment', () => {
    const environment = { HOME: '/Users/runner', PGPASSWORD: 'secret' }
    expect(brewInstall('/opt/homebrew/bin/brew', host('darwin', environment), 17)).toEqual({
      program: '/opt/homebrew/bin/brew',
      arguments: ['install', '--quiet', '--formula', 'postgresql@17'],
      environment: {
        PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
        HOME: '/Users/runner',
        LC_ALL: 'C',
        HOMEBREW_NO_ANALYTICS: '1',
        HOMEBREW_NO_AUTO_UPDATE: '1',
        HOMEBREW_NO_ENV_HINTS: '1',
        HOMEBREW_NO_INSTALL_CLEANUP: '1',
        HOMEBREW_NO_INSTALLED_DEPENDENTS_CHECK: '1',
      },
    })
  })

  test.each([
    ['/opt/homebrew/bin/brew', '/opt/homebrew/opt/postgresql@18/bin'],
    ['/usr/local/bin/brew', '/usr/local/opt/postgresql@18/bin'],
  ])('the programs that %s installs are in %s', (brew, directory) => {
    expect(brewDirectory(brew, 18)).toBe(directory)
  })
})

test('Windows gets the command-line tools from Chocolatey, then from winget, and no server', () => {
  const environment = {
    SystemRoot: 'C:\\Windows',
    ProgramData: 'C:\\ProgramData',
    LOCALAPPDATA: 'C:\\Users\\runner\\AppData\\Local',
    PGPASSWORD: 'secret',
  }
  const components =
    '--mode unattended --unattendedmodeui none --enable-components commandlinetools --disable-components server,pgAdmin,stackbuilder'
  const commands = windowsInstalls(host('win32', environment), 17)
  expect(commands.map(({ program }) => program)).toEqual([
    'C:\\ProgramData\\chocolatey\\bin\\choco.exe',
    'C:\\Users\\runner\\AppData\\Local\\Microsoft\\WindowsApps\\winget.exe',
  ])
  expect(commands.map((command) => command.arguments)).toEqual([
    [
      'install',
      'postgresql17',
      '--yes',
      '--no-progress',
      '--limit-output',
      `--install-arguments=${components}`,
    ],
    [
      'install',
      '--id',
      'PostgreSQL.PostgreSQL.17',
      '--exact',
      '--silent',
      '--accept-package-agreements',
      '--accept-source-agreements',
      '--disable-interactivity',
      '--override',
      components,
    ],
  ])
  expect(commands[0]?.environment).toEqual({
    SystemRoot: 'C:\\Windows',
    ProgramData: 'C:\\ProgramData',
    LOCALAPPDATA: 'C:\\Users\\runner\\AppData\\Local',
    Path: 'C:\\Windows\\System32;C:\\Windows;C:\\Windows\\System32\\WindowsPowerShell\\v1.0',
  })
})
