import { describe, expect, test } from '@jest/globals'
import type { Server } from '../../../src/server/index.js'
import {
  createStagingDatabase,
  dropStagingDatabase,
  readProperties,
  renewStagingDatabase,
  stagingPrefix,
} from '../../../src/staging/index.js'
import {
  createDatabase,
  openTestServer,
  runSql,
  sharedServer,
  uniqueName,
} from '../../support/servers.js'

describe('renewStagingDatabase', () => {
  test.each([11, 16])('on %i leaves an empty database with the same properties', async (major) => {
    const server = await sharedServer(major)
    const target = await openTestServer(server, 'target')
    const name = uniqueName(stagingPrefix)
    const likeTemplate = await propertiesOf(target, await createDatabase(server), major)
    const inLatin = { ...likeTemplate, encoding: 'LATIN1', collate: 'C', ctype: 'C' }
    const settings = [
      { name: 'DateStyle', value: 'SQL, DMY' },
      { name: 'TimeZone', value: 'Asia/Tokyo' },
      { name: 'app.tenant', value: `it's "x"` },
    ]
    const refused = { name: 'lc_time', value: 'nowhere' }
    await createStagingDatabase(target, name, inLatin, [refused, ...settings])
    try {
      const before = await propertiesOf(target, name, major)
      expect(before).toMatchObject({
        ...{ encoding: 'LATIN1', collate: 'C', ctype: 'C' },
        settings: settings.map((setting) => ({ role: null, ...setting })),
      })
      await runSql(server, name, 'create table left_over (a int)')
      await target.withSession(name, async () => {
        await renewStagingDatabase(target, name)
      })
      expect(await propertiesOf(target, name, major)).toEqual(before)
      expect(await runSql(server, name, "select to_regclass('left_over') as found")).toEqual([
        { found: null },
      ])
    } finally {
      await dropStagingDatabase(target, name)
    }
  })
})

describe('createStagingDatabase', () => {
  test('says which locale there is none of, of which provider, and why', async () => {
    const server = await sharedServer(18)
    const target = await openTestServer(server, 'target')
    const likeTemplate = await propertiesOf(target, await createDatabase(server), 18)
    const name = uniqueName(stagingPrefix)
    const nowhere = { ...likeTemplate, localeProvider: 'b', locale: 'xx' } as const
    await expect(createStagingDatabase(target, name, nowhere, [])).rejects.toMatchObject({
      code: 'locale-missing',
      message: expect.stringMatching(
        /, provider builtin with the locale "xx": invalid locale name/,
      ),
    })
  })
})

function propertiesOf(target: Server, name: string, major: number) {
  return target.withSession(undefined, (session) => readProperties(session, name, major))
}
