import { beforeAll, describe, expect, test } from '@jest/globals'
import type { UpgradeError } from '../../../src/errors.js'
import { startCuttingProxy, type Cut } from '../../support/cutting-proxy.js'
import {
  createDatabase,
  runSql,
  sharedServer,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { settled } from '../../support/settled.js'
import { copy, type Copied, type CopyOptions } from './copying.js'

/** Before 14, servers cannot read a table by ranges of pages. */
let source: TestServer
let target: TestServer
let database: string

const jobs = 3
/** No session is for less than 32 MB. */
const sessions = 2

/**
 * 80 MB, with one value that is sent in many pieces. On the target, the 5,000th row is not stored before all sessions
 * are at work on the table; and a row may be refused there.
 */
const bigTable = `
  create function gate(id int) returns boolean language plpgsql as $$ begin
    if current_setting('server_version_num')::int < 180000 then return true; end if;
    if id < 0 then raise 'This row is refused.'; end if;
    if id <> 5000 then return true; end if;
    for attempt in 1..6000 loop
      perform pg_stat_clear_snapshot();
      exit when ${sessions} <= (select count(*) from pg_stat_activity
          where datname = current_database() and state = 'active' and query like 'copy %');
      perform pg_sleep(0.01);
    end loop;
    return true; end $$;
  create table big (id int check (gate(id)), filler text);
  alter table big alter filler set storage external;
  insert into big select i, repeat(md5(i::text), 20) from generate_series(1, 100000) i;
  update big set filler = repeat('long', 3000000) where id = 60000;
  alter table big add primary key (id)`

/** What `synchronous_commit` is on the target for those that store the rows, in a table of its own. */
const remembering = `
  create table how (pid int, waits text);
  create function remember(id int) returns boolean language plpgsql as $$ begin
    if current_setting('server_version_num')::int < 180000 or id % 1000 > 0 then return true; end if;
    insert into public.how values (pg_backend_pid(), current_setting('synchronous_commit'));
    return true; end $$;
  alter table big add check (remember(id))`

beforeAll(async () => {
  ;[source, target] = await Promise.all([sharedServer(13), sharedServer(18)])
  database = await createDatabase(source, 'big')
  await runSql(source, database, bigTable)
})

function copyBig(options: CopyOptions & { from?: string; at?: TestServer } = {}): Promise<Copied> {
  const { from = database, at = source, ...rest } = options
  return copy(at, target, from, { jobs, ...rest })
}

/** How many transactions have stored the rows that are there. */
async function writersOf(into: string): Promise<number | undefined> {
  const query = 'select count(distinct xmin::text)::int as writers from big'
  const [row] = await runSql<{ writers: number }>(target, into, query)
  return row?.writers
}

async function commitsOf(into: string): Promise<string[]> {
  const rows = await runSql<{ waits: string }>(
    target,
    into,
    'select distinct pid, waits from how order by 2',
  )
  return rows.map(({ waits }) => waits)
}

function contentOf(server: TestServer, name: string) {
  return runSql(
    server,
    name,
    'select count(*), count(distinct id) as ids, sum(hashtext(filler)::bigint * id) as content from big',
  )
}

async function expectSame(into: string, from = database, at = source): Promise<void> {
  expect(await contentOf(target, into)).toEqual(await contentOf(at, from))
}

/** Of those that moved a database, once those that are ending have ended. */
function sessionsLeft(into: string) {
  const query = `select query from pg_stat_activity where datname = '${into}'`
  return settled(
    () => runSql(target, 'postgres', query),
    (rows) => rows.length === 0,
  )
}

/** Cuts once. */
function once(
  moment: 'before' | 'answer',
  condition: (said: string, last: string) => boolean,
): Cut {
  let isCut = false
  return (said, last) => {
    if (isCut || !condition(said, last)) return undefined
    isCut = true
    return moment
  }
}

describe('a big table of a server before 14', () => {
  test('is read by one session and stored by several', async () => {
    const from = await createDatabase(source, 'big', { template: database })
    await runSql(source, from, remembering)
    const copied = await copyBig({ from })
    expect(copied.error).toBeUndefined()
    expect(copied.findings).toEqual([])
    expect(await writersOf(copied.database)).toBe(sessions)
    expect(copied.spans.filter(({ kind }) => kind === 'copy')).toHaveLength(sessions)
    // The one that commits last waits for the disk, for all of them.
    const commits = await commitsOf(copied.database)
    expect(commits.filter((waits) => waits === 'local')).toHaveLength(1)
    await expectSame(copied.database, from)
  })

  test('as text as well', async () => {
    const from = await createDatabase(source, 'big', { template: database })
    await runSql(source, from, `alter table big add kind regclass default 'pg_class'`)
    const copied = await copyBig({ from })
    expect(copied.error).toBeUndefined()
    expect(copied.lines.join('\n')).toContain('as text: "public"."big"')
    expect(await writersOf(copied.database)).toBe(sessions)
    await expectSame(copied.database, from)
  })

  test('over an encrypted connection as well', async () => {
    const server = await startServer(13, { tls: true })
    try {
      const from = await createDatabase(server, 'big')
      await runSql(server, from, bigTable)
      const copied = await copyBig({ at: server, from, encrypted: ['source'] })
      expect(copied.error).toBeUndefined()
      expect(await writersOf(copied.database)).toBe(sessions)
      await expectSame(copied.database, from, server)
    } finally {
      await server.stop()
    }
  })

  test('a row that is refused is told as that of any table, and all sessions end', async () => {
    const from = await createDatabase(source, 'big', { template: database })
    await runSql(source, from, 'insert into big values (-1)')
    const { error, database: into } = await copyBig({ from })
    expect((error as UpgradeError).message).toMatch(
      /^Could not copy table "public"."big": .*This row is refused/,
    )
    expect(await sessionsLeft(into)).toEqual([])
  })

  test('is given up by all sessions when the run is cancelled', async () => {
    const controller = new AbortController()
    const { error, database: into } = await copyBig({
      signal: controller.signal,
      onBytes: (bytes) => {
        if (bytes > 20_000_000) controller.abort()
      },
    })
    expect(error).toMatchObject({ code: 'cancelled' })
    expect(await sessionsLeft(into)).toEqual([])
  })
})

describe('a big table of a later server', () => {
  let later: TestServer
  let from: string

  beforeAll(async () => {
    later = await sharedServer(15)
    from = await createDatabase(later, 'big')
    await runSql(later, from, `${bigTable.replace('check (gate(id))', '')}; ${remembering}`)
  })

  test('is read and stored in parts', async () => {
    const copied = await copyBig({ at: later, from })
    expect(copied.error).toBeUndefined()
    expect(copied.findings).toEqual([])
    expect(await writersOf(copied.database)).toBe(sessions)
    expect(new Set(await commitsOf(copied.database))).toEqual(new Set(['local']))
    await expectSame(copied.database, from, later)
  })

  test('of which a connection is lost: that part is copied again', async () => {
    const proxy = await startCuttingProxy(
      later,
      once('answer', (_said, last) => last.includes('copy (select')),
    )
    const copied = await copyBig({ at: { ...later, port: proxy.port }, from })
    proxy.close()
    expect(proxy.cuts()).toBe(1)
    expect(copied.error).toBeUndefined()
    const [repeated, ...others] = copied.findings
    expect(repeated).toMatchObject({
      check: 'copy-repeated',
      object: expect.stringContaining('from page') as unknown,
    })
    expect(others).toEqual([])
    await expectSame(copied.database, from, later)
  })
})

const copies = 'copy "public"."big"'
/** The session that began with the table asks for the number of its transaction; the others do not. */
const isFirst = (said: string) => said.includes('txid_current') && said.includes(copies)
const isHelper = (said: string) => !said.includes('txid_current') && said.includes(copies)

/** What is said becomes one text again whenever it is looked at. */
const isWithin = (length: number) => length > 500_000 && length < 2_000_000

/** What is said at the end is short; what was said before is only looked at then. */
const commits = (last: string) => last.length < 100 && last.includes('commit')

async function copyCut(cut: Cut): Promise<Copied> {
  const into = await createDatabase(target, 'big')
  const proxy = await startCuttingProxy(target, cut)
  try {
    const copied = await copy(source, { ...target, port: proxy.port }, database, { jobs, into })
    expect(proxy.cuts()).toBe(1)
    return copied
  } finally {
    proxy.close()
  }
}

describe('a line to the target that is lost', () => {
  test.each<[string, Cut]>([
    [
      'before the first session commits, when the others have',
      once('before', (said, last) => commits(last) && isFirst(said)),
    ],
    [
      'after one of the others has committed',
      once('answer', (said, last) => commits(last) && isHelper(said)),
    ],
    [
      'while one of the others stores rows',
      once('before', (said) => isWithin(said.length) && isHelper(said)),
    ],
  ])('%s: the table is copied again, and every row is there once', async (_when, cut) => {
    const copied = await copyCut(cut)
    expect(copied.error).toBeUndefined()
    expect(copied.findings.map(({ check }) => check)).toEqual(['copy-repeated'])
    expect(await writersOf(copied.database)).toBe(sessions)
    await expectSame(copied.database)
  })

  test('when the first session has committed: nothing is copied again', async () => {
    const cut = once('answer', (said, last) => commits(last) && isFirst(said))
    const copied = await copyCut(cut)
    expect(copied.error).toBeUndefined()
    expect(await writersOf(copied.database)).toBe(sessions)
    await expectSame(copied.database)
  })
})
