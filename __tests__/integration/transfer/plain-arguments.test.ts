/** Arguments for pg_restore count with the method plain as well, which otherwise has no need of that tool. */
import { expect, test } from '@jest/globals'
import { transfers } from '../../../src/transfer/index.js'
import { createDatabase, runSql, sharedServer } from '../../support/servers.js'
import { copy } from '../copy/copying.js'

test.each([
  [[], 'a remark'],
  [['--no-comments'], null],
])('method plain with the arguments %j for pg_restore', async (pgRestoreArguments, comment) => {
  const source = await sharedServer(15)
  const target = await sharedServer(18)
  const database = await createDatabase(source, 'plain')
  await runSql(source, database, `create table t (); comment on table t is 'a remark'`)
  const copied = await copy(source, target, database, {
    transfer: transfers.plain,
    pgRestoreArguments,
  })
  expect(copied.error).toBeUndefined()
  const seen = `select obj_description('t'::regclass, 'pg_class') as comment`
  expect(await runSql(target, copied.database, seen)).toEqual([{ comment }])
})
