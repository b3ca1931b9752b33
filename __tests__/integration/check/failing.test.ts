/** A check that cannot run is a finding of its own, never a pass. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Finding } from '../../../src/report/report.js'
import type { Session } from '../../../src/server/index.js'
import { createDatabase, openTestServer, runSql, uniqueName } from '../../support/servers.js'
import { findingsIn, openPair, type Pair } from './pair.js'

let pair: Pair
let asReader: Pair
const user = uniqueName('reader')
beforeAll(async () => {
  pair = await openPair(16, 18)
  await runSql(pair.sourceServer, 'postgres', `create role ${user} login password 'secret'`)
  const source = await openTestServer(pair.sourceServer, 'source', { user, password: 'secret' })
  asReader = { ...pair, source }
})

const failed = (findings: readonly Finding[]) =>
  findings.filter(({ check }) => check === 'check-failed')

describe('check-failed', () => {
  test('blocks where what could not be looked at may block', async () => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      database,
      'create table t (); revoke execute on function pg_catalog.row_security_active(oid) from public; alter table t enable row level security',
    )
    expect(failed(await findingsIn(asReader, [database]))).toContainEqual({
      check: 'check-failed',
      severity: 'blocking',
      database,
      object: 'row-security',
      message: expect.stringMatching(
        /^Could not check whether row-level security hides rows: .*permission denied for function row_security_active/,
      ),
      remedy: expect.stringContaining('"row-security"'),
    })
  })

  test('warns where it could only warn', async () => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      database,
      'revoke select on pg_catalog.pg_subscription from public',
    )
    await runSql(pair.sourceServer, database, 'revoke all on pg_catalog.pg_publication from public')
    expect(failed(await findingsIn(asReader, [database]))).toContainEqual(
      expect.objectContaining({ severity: 'warning', object: 'publication' }),
    )
  })

  test('blocks where the role may not connect to a database', async () => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      'postgres',
      `revoke connect on database ${database} from public`,
    )
    const [finding, ...others] = failed(await findingsIn(asReader, [database]))
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      severity: 'blocking',
      database,
      message: expect.stringContaining('The database could not be checked'),
      remedy: expect.stringMatching(/^Let the role of source-url connect to the database, or /),
    })
  })

  test('blocks where a database lets nobody in, and gives no right for the reason', async () => {
    const database = await createDatabase(pair.sourceServer)
    await runSql(
      pair.sourceServer,
      'postgres',
      `alter database ${database} set session_preload_libraries = ''`,
    )
    expect(failed(await findingsIn(asReader, [database]))).toEqual([
      {
        check: 'check-failed',
        severity: 'blocking',
        database,
        message: expect.stringContaining('could not access file ""'),
        remedy: expect.stringMatching(/^Settle on the source what the server says there, or /),
      },
    ])
  })

  test('blocks where the server cannot convert the encoding of a database to UTF8, and says how to move it', async () => {
    const database = await createDatabase(pair.sourceServer, 'mule', { encoding: 'MULE_INTERNAL' })
    expect(failed(await findingsIn(asReader, [database]))).toEqual([
      {
        check: 'check-failed',
        severity: 'blocking',
        database,
        message: expect.stringContaining('conversion between UTF8 and MULE_INTERNAL'),
        remedy: expect.stringMatching(
          /"exclude-databases", and move it by hand: .* pg_dump and psql/,
        ),
      },
    ])
  })

  test('is not found where everything can be looked at', async () => {
    const database = await createDatabase(pair.sourceServer)
    expect(failed(await findingsIn(asReader, [database]))).toEqual([])
  })
})

describe('a session that is lost during the checks', () => {
  /** The source, which ends as many sessions on the database that is checked, each before its tenth statement. */
  function cutting(times: number): Pair {
    let left = times
    const connect: Pair['source']['connect'] = async (database, options) => {
      const session = await pair.source.connect(database, options)
      if (database === undefined) return session
      let statements = 0
      const query: Session['query'] = async (sql, values) => {
        statements += 1
        if (statements === 10 && left > 0) {
          left -= 1
          const end = `select pg_terminate_backend(${session.processId})`
          await runSql(pair.sourceServer, 'postgres', end)
        }
        return session.query(sql, values)
      }
      return { ...session, query }
    }
    return { ...pair, source: { ...pair.source, connect } }
  }

  test('is opened again', async () => {
    const database = await createDatabase(pair.sourceServer)
    expect(failed(await findingsIn(cutting(1), [database]))).toEqual([])
  })

  test('and again lost, is one error and no list of findings', async () => {
    const database = await createDatabase(pair.sourceServer)
    await expect(findingsIn(cutting(2), [database])).rejects.toMatchObject({
      code: 'connection-lost',
      side: 'source',
    })
  })
})
