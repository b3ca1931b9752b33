import { describe, expect, it } from '@jest/globals'
import {
  connectionParameters,
  createDatabase,
  runSql,
  sharedServer,
  uniqueName,
} from '../../support/servers.js'
import { runUpgrade } from '../../support/upgrade-run.js'

describe('a database of a role that the administrator may not act as', () => {
  it('is told of once, as it is foreseen by a rehearsal and as it has come by an upgrade', async () => {
    const [source, target] = [await sharedServer(15), await sharedServer(17)]
    const [user, owner] = [uniqueName('admin'), uniqueName('owner')]
    const database = await createDatabase(source)
    await runSql(
      source,
      database,
      `create role ${owner}; alter database ${database} owner to ${owner}; revoke usage on language plpgsql from public;
       grant usage on language plpgsql to ${owner};
       alter role ${owner} in database ${database} set work_mem = '5MB';
       alter role postgres in database ${database} set work_mem = '6MB';
       alter default privileges for role postgres grant select on tables to public; set role ${owner};
       create schema app; alter default privileges grant select on tables to public`,
    )
    await runSql(
      target,
      'postgres',
      `create role ${owner};
       create role ${user} login createdb createrole password 'secret of admin'`,
    )
    const told = async (mode: 'rehearse' | 'upgrade') => {
      const report = await runUpgrade({
        source: connectionParameters(source),
        target: connectionParameters(target, { user, password: 'secret of admin' }),
        mode,
        method: 'stream',
        databases: [database],
        roles: 'skip',
        clientVersion: 17,
      })
      expect(report).toMatchObject({ error: null, databases: [{ result: 'passed' }] })
      const texts = report.findings.filter(({ database: name }) => name === database)
      return texts.map(({ check, message }) => [check, message.includes(' will ')]).sort()
    }
    const losses = [
      'database-property-skipped',
      'database-property-skipped',
      'database-property-skipped',
      'default-privileges-skipped',
      'default-privileges-skipped',
      'owner-replaced',
      'ownership-refused',
    ]
    // That the role cannot be granted what was revoked from all is not foreseen.
    const grant = ['ownership-refused', false]
    expect(await told('rehearse')).toEqual([
      ...losses.slice(0, -1).map((check) => [check, true]),
      grant,
      ['ownership-refused', true],
    ])
    expect(await told('upgrade')).toEqual([...losses.map((check) => [check, false]), grant])
  })
})
