/** What the source's role may not read. */
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { Finding } from '../../../src/report/report.js'
import { createDatabase, openTestServer, runSql, uniqueName } from '../../support/servers.js'
import { findingsAfterRemedies, findingsIn, findingsOfCheck, openPair, type Pair } from './pair.js'

describe.each([10, 15, 17])('a role without privileges on PostgreSQL %i', (major) => {
  let pair: Pair
  let database: string
  const user = uniqueName('reader')
  const findingsOf = async (check: string): Promise<Finding[]> =>
    findingsOfCheck(pair, check, [database])

  beforeAll(async () => {
    const superuser = await openPair(major, 18)
    database = await createDatabase(superuser.sourceServer)
    // 14 brought statistics on expressions.
    const statistics =
      major >= 14 ? 'create statistics counted on (a + doubled(7)) from gauged' : ''
    await runSql(
      superuser.sourceServer,
      database,
      `create role ${user} login password 'secret';
       create schema hidden; grant usage on schema public to ${user};
       create table "Open" (); create table closed (); create table hidden.t ();
       create table guarded (a int); alter table guarded enable row level security;
       create table unguarded (a int);
       create sequence counter; create sequence open_counter;
       create extension tcn; create sequence declared; create table numbered (a serial); grant select on numbered to ${user};
       alter extension tcn add table numbered; alter extension tcn add sequence declared; alter extension tcn add sequence numbered_a_seq;
       update pg_extension set extconfig = array['numbered'::regclass, 'declared'::regclass]::oid[], extcondition = '{"",""}' where extname = 'tcn';
       create function "Epoch"() returns date language plpgsql immutable as $$ begin return date '2020-01-01'; end $$;
       create function raises() returns int language plpgsql immutable as
         $$ begin if current_user = '${user}' then raise exception 'not for readers'; end if; return 1; end $$;
       create function doubled(int) returns int language plpgsql immutable as 'begin return 2 * $1; end';
       revoke execute on function "Epoch"(), doubled(int) from public;
       create table "Dated" (day date, a int); create index recent on "Dated" (a) where day > "Epoch"();
       create table refused (a int); create index "Some" on refused (a) where a > raises();
       create table planned (a int); create index by_double on planned (doubled(a));
       create table gauged (a int); insert into gauged values (1); ${statistics}; grant select on gauged to ${user};
       create materialized view viewed as select date '2020-01-01' as day; create index on viewed (day) where day > "Epoch"();
       grant select on "Dated", refused, planned, viewed to ${user};
       grant select on "Open", guarded, unguarded, open_counter to ${user};
       select lo_create(4711); select lo_create(4712); grant select on large object 4712 to ${user};`,
    )
    const source = await openTestServer(superuser.sourceServer, 'source', {
      user,
      password: 'secret',
    })
    pair = { ...superuser, source }
  })

  test('unreadable-table names tables whose indexes call what refuses the role, and no others', async () => {
    const findings = await findingsOf('unreadable-table')
    const calling = findings.filter(({ message }) => message.includes('to plan a query'))
    const grant = (name: string) =>
      `-- on the source, as the owner or a superuser\ngrant execute on function public.${name} to "${user}";`
    const ofStatistics = major >= 14 ? [['public.gauged', grant('doubled(integer)')]] : []
    expect(calling.map(({ object, remedy }) => [object, remedy])).toEqual([
      ['public."Dated"', grant('"Epoch"()')],
      ...ofStatistics,
      ['public.refused', expect.stringMatching(/^Let the functions that are called return to /)],
    ])
    expect(calling[0]?.message).toMatch(/in index public\.recent, and one is refused: permission /)
    expect(calling.at(-1)?.message).toMatch(/in index public\."Some", .*not for readers/)
    const withoutComparison = async (method: 'copy' | 'plain') =>
      (
        await findingsOfCheck(pair, 'unreadable-table', [database], { method, isCompared: false })
      ).filter(({ message }) => message.includes('to plan a query')).length
    expect([await withoutComparison('plain'), await withoutComparison('copy')]).toEqual([
      0,
      calling.length,
    ])
    await findingsAfterRemedies(pair, calling.slice(0, -1))
    const after = await findingsOf('unreadable-table')
    expect(after.map(({ object }) => object)).toEqual([
      'hidden.t',
      'public.closed',
      'public.refused',
    ])
    await runSql(pair.sourceServer, database, `drop table refused`)
  })

  test('unreadable-table names tables without SELECT and in closed schemas', async () => {
    expect(await findingsOf('unreadable-table')).toEqual([
      expect.objectContaining({ severity: 'blocking', object: 'hidden.t' }),
      expect.objectContaining({
        severity: 'blocking',
        object: 'public.closed',
        remedy: `-- on the source, as the owner or a superuser\ngrant select on table public.closed to "${user}";`,
      }),
    ])
  })

  test('unreadable-sequence names the sequence', async () => {
    expect(await findingsOf('unreadable-sequence')).toEqual([
      expect.objectContaining({ severity: 'blocking', object: 'public.counter' }),
      expect.objectContaining({ severity: 'blocking', object: 'public.declared' }),
      expect.objectContaining({ severity: 'warning', object: 'public.numbered_a_seq' }),
    ])
  })

  test('unreadable-large-object names the large object', async () => {
    expect(await findingsOf('unreadable-large-object')).toEqual([
      expect.objectContaining({ severity: 'blocking', object: '4711' }),
    ])
  })

  test('row-security names the table whose policies apply', async () => {
    expect(await findingsOf('row-security')).toEqual([
      expect.objectContaining({ severity: 'blocking', object: 'public.guarded' }),
    ])
  })

  test('row-security, unreadable-large-object, unreadable-sequence and unreadable-table have remedies that work', async () => {
    const blocking = (await findingsIn(pair, [database])).filter(
      ({ severity }) => severity === 'blocking',
    )
    expect(blocking.length).toBeGreaterThanOrEqual(5)
    expect(await findingsAfterRemedies(pair, blocking)).toEqual([])
    const findings = await findingsIn(pair, [database])
    expect(findings.filter(({ severity }) => severity === 'blocking')).toEqual([])
  })

  test('damaged-pages blocks where the server reads on behind them', async () => {
    await runSql(
      pair.sourceServer,
      'postgres',
      `alter role ${user} set zero_damaged_pages = on;
       alter role ${user} in database ${database} set ignore_checksum_failure = on`,
    )
    const findings = await findingsOf('damaged-pages')
    expect(findings).toEqual([
      expect.objectContaining({ severity: 'blocking', object: 'ignore_checksum_failure' }),
      expect.objectContaining({ severity: 'blocking', object: 'zero_damaged_pages' }),
    ])
    expect(await findingsAfterRemedies(pair, findings)).toEqual([])
  })

  test('a superuser reads everything', async () => {
    const superuser = await openPair(major, 18)
    const findings = await findingsIn(superuser, [database])
    expect(findings.filter(({ severity }) => severity === 'blocking')).toEqual([])
  })
})
