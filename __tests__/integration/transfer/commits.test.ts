import { describe, expect, test } from '@jest/globals'
import { transfers } from '../../../src/transfer/index.js'
import { createDatabase, runSql, sharedServer } from '../../support/servers.js'
import { copy } from '../copy/copying.js'

describe('no commit of a restore waits for the disk', () => {
  test.each(Object.keys(transfers) as (keyof typeof transfers)[])('method %s', async (method) => {
    const [source, target] = await Promise.all([sharedServer(13), sharedServer(18)])
    const database = await createDatabase(source, 'commits')
    // Whoever restores the rows computes the column.
    await runSql(
      source,
      database,
      `create function waits() returns text immutable language sql as $$ select pg_catalog.current_setting('synchronous_commit') $$;
       create table rows (id int, waits text generated always as (waits()) stored);
       insert into rows values (1)`,
    )
    const into = await createDatabase(target, 'commits')
    await runSql(target, 'postgres', `alter database ${into} set synchronous_commit = on`)
    const copied = await copy(source, target, database, { into, transfer: transfers[method] })
    expect(copied.error).toBeUndefined()
    const rows = await runSql(target, into, 'select id, waits from rows')
    expect(rows).toEqual([{ id: 1, waits: 'off' }])
  })
})
