import { expect, test } from '@jest/globals'
import type { Host } from '../../../src/client/host.js'
import { parseVersion } from '../../../src/client/proof.js'
import { pathDirectories, usualDirectories } from '../../../src/client/sources/installed.js'

const host = (platform: NodeJS.Platform, environment: Host['environment'] = {}): Host => ({
  platform,
  architecture: 'x64',
  release: undefined,
  environment,
})

test.each<[NodeJS.Platform, Host['environment'], string[]]>([
  [
    'linux',
    {},
    [
      '/usr/lib/postgresql/18/bin',
      '/usr/pgsql-18/bin',
      '/home/linuxbrew/.linuxbrew/opt/postgresql@18/bin',
    ],
  ],
  [
    'darwin',
    {},
    [
      '/opt/homebrew/opt/postgresql@18/bin',
      '/opt/homebrew/opt/libpq/bin',
      '/usr/local/opt/postgresql@18/bin',
      '/usr/local/opt/libpq/bin',
      '/Applications/Postgres.app/Contents/Versions/18/bin',
      '/Library/PostgreSQL/18/bin',
    ],
  ],
  ['win32', {}, ['C:\\Program Files\\PostgreSQL\\18\\bin']],
  [
    'win32',
    { ProgramFiles: 'D:\\Programs', PGBIN: 'C:\\pg17\\bin' },
    ['D:\\Programs\\PostgreSQL\\18\\bin', 'C:\\pg17\\bin'],
  ],
])('the usual folders of %s with %j', (platform, environment, directories) => {
  expect(usualDirectories(host(platform, environment), 18)).toEqual(directories)
})

test.each<[NodeJS.Platform, Host['environment'], string[]]>([
  ['linux', { PATH: '/usr/bin::bin:.:/opt/pg/bin' }, ['/usr/bin', '/opt/pg/bin']],
  ['win32', { Path: 'C:\\pg\\bin;bin;D:\\x' }, ['C:\\pg\\bin', 'D:\\x']],
  ['linux', {}, []],
])('only absolute folders of the PATH count on %s', (platform, environment, directories) => {
  expect(pathDirectories(host(platform, environment))).toEqual(directories)
})

test.each([
  ['pg_dump (PostgreSQL) 18.6 (Debian 18.6-1)', '18.6'],
  ['psql (PostgreSQL) 19beta1', '19beta1'],
  ['vacuumdb (PostgreSQL) 15.18', '15.18'],
  ['pg_dump 9', undefined],
])('the version in "%s" is %s', (answer, version) => {
  expect(parseVersion(answer)).toBe(version)
})
