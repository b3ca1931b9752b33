/** Rows of the source that break a rule on the target are told without their values. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  type TestServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

describe('rows that break a rule', () => {
  let source: TestServer
  let target: TestServer
  let database: string

  beforeAll(async () => {
    source = await sharedServer(13)
    target = await sharedServer(17)
    database = await createDatabase(source, 'rows')
    await runSql(
      source,
      database,
      `create function public.fits(text) returns bool immutable language sql as 'select true';
       create table checked (id int, name text, constraint fitting check (public.fits(name)));
       insert into checked values (7, 'S3cretRow'), (8, E'S3cret\\nRow');
       create or replace function public.fits(text) returns bool immutable language sql as 'select false';
       create function public.key(text) returns text immutable language sql as 'select $1';
       create table doubled (name text);
       insert into doubled values ('S3cretKey'), ('S3cretkey');
       create unique index once on doubled (public.key(name));
       create or replace function public.key(text) returns text immutable language sql as 'select lower($1)'`,
    )
  })

  afterAll(async () => {
    await runSql(source, 'postgres', `drop database "${database}"`)
  })

  it.each(['stream', 'plain', 'custom', 'parallel', 'copy'] as const)(
    'are told by %s without what is in them',
    async (method) => {
      const lines: string[] = []
      const line = (text: string) => {
        lines.push(text)
      }
      const report = await runUpgrade(
        {
          source: connectionParameters(source),
          target: connectionParameters(target),
          method,
          databases: [database],
          roles: 'skip',
        },
        undefined,
        { log: { ...silentLog, info: line, warning: line, error: line, debug: line } },
      )
      expect(report.result).toBe('failed')
      const said = `${JSON.stringify(report)}\n${lines.join('\n')}`
      expect(said).toContain('Failing row contains (…)')
      expect(said).toContain('COPY checked, line 1')
      expect(said).not.toMatch(/S3cret/i)
    },
  )
})
