import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import {
  createDatabase,
  runSql,
  sharedServer,
  startServer,
  type TestServer,
} from '../../support/servers.js'
import { copy } from './copying.js'

/** A server of this test alone, which logs all that it is asked. */
let source: TestServer
beforeAll(async () => {
  source = await startServer(13, { settings: { log_statement: 'all' } })
})
afterAll(() => source.stop())

const sequences = `create sequence a; select setval('a', 42);
  create table b (id serial, c int generated always as identity); insert into b default values;
  create table d (id int primary key); insert into d values (1)`

async function copied(sql: string) {
  const database = await createDatabase(source, 'definitions')
  await runSql(source, database, sql)
  const before = (await readFile(source.logFile, 'utf8')).length
  const target = await sharedServer(18)
  const { error, database: into } = await copy(source, target, database)
  expect(error).toBeUndefined()
  const log = (await readFile(source.logFile, 'utf8')).slice(before)
  return {
    asked: log.match(/SELECT last_value, is_called FROM/g)?.length ?? 0,
    read: (query: string) => runSql(target, into, query),
  }
}

const values = `select sequencename::text as name, last_value::int as value from pg_sequences order by 1`
const expected = [
  { name: 'a', value: 42 },
  { name: 'b_c_seq', value: 1 },
  { name: 'b_id_seq', value: 1 },
]

test('pg_dump does not ask every sequence for a value that it would not write', async () => {
  const { asked, read } = await copied(sequences)
  expect(asked).toBe(0)
  expect(await read(values)).toEqual(expected)
})

test('it does where a materialized view is to be refreshed, which it would leave out otherwise', async () => {
  const view =
    'create materialized view m as select id from d; create materialized view n as select id from m'
  const { asked, read } = await copied(`${sequences}; ${view}`)
  expect(asked).toBe(3)
  expect(await read(values)).toEqual(expected)
  expect(await read('select id from n')).toEqual([{ id: 1 }])
})
