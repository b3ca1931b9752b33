/** Sequences of which the queries of materialized views take numbers. */
import { expect, test } from '@jest/globals'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

test.each(['plain', 'stream', 'copy'] as const)(
  'stand where they stood on the source when the views are filled: %s',
  async (method) => {
    const [source, target] = await Promise.all([sharedServer(16), sharedServer(18)])
    const database = await createDatabase(source)
    await runSql(
      source,
      database,
      `create sequence "Drawn"; create sequence unused; create sequence other; select nextval('other');
       create materialized view m as select nextval('"Drawn"') as id, g from generate_series(1, 5) g; create unique index on m (id)`,
    )
    const report = await runUpgrade({
      source: connectionParameters(source),
      target: connectionParameters(target),
      databases: [database],
      roles: 'skip',
      method,
    })
    expect(report.findings.filter(({ severity }) => severity === 'blocking')).toEqual([])
    expect(
      report.databases.map(({ result, error, differences }) => [result, error, differences]),
    ).toEqual([['passed', null, []]])
    const seen = 'select sequencename, last_value from pg_sequences order by 1'
    expect(await runSql(target, database, seen)).toEqual(await runSql(source, database, seen))
  },
)
