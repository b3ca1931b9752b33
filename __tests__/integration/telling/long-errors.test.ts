/** A server may say as much as it likes; what is told of it stays readable. */
import { expect, test } from '@jest/globals'
import { silentLog } from '../../../src/log.js'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

test.each(['stream', 'plain', 'copy'] as const)(
  'by %s an error of six megabytes makes neither a long log nor a long report',
  async (method) => {
    const source = await sharedServer(13)
    const target = await sharedServer(17)
    const database = await createDatabase(source, 'long')
    await runSql(
      source,
      database,
      `create function public.said(int) returns int immutable language plpgsql as $$
       begin
         if current_setting('server_version_num')::int >= 170000 then
           raise exception 'too much: %', repeat('talk', 1500000);
         end if;
         return $1;
       end $$;
       create table t as select 1 as i;
       create index on t (public.said(i))`,
    )
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
    await runSql(source, 'postgres', `drop database "${database}"`)
    const said = report.databases[0]?.error?.message
    expect(said).toMatch(/too much: (?:talk){100}/)
    expect(said).toContain('more characters')
    expect(JSON.stringify(report).length).toBeLessThan(100_000)
    expect(lines.join('\n').length).toBeLessThan(100_000)
  },
)
