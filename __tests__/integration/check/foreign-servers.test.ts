/** Foreign servers that would read the old server after the move. */
import { beforeAll, expect, test } from '@jest/globals'
import { connectionParameters } from '../../support/servers.js'
import { findingsAfter, openPair, type Pair } from './pair.js'

let pair: Pair
beforeAll(async () => {
  pair = await openPair(11, 18)
})

const servers = (port: number) => `
  create extension postgres_fdw; create extension dblink;
  create server "It's me" foreign data wrapper postgres_fdw options (host '127.0.0.1', port '${port}', dbname 'app');
  create server by_address foreign data wrapper dblink_fdw options (host 'db.example', hostaddr '127.0.0.1', port '${port}');
  create server by_name foreign data wrapper postgres_fdw options (host 'Old.Example', port '${port}');
  create server other_port foreign data wrapper postgres_fdw options (host '127.0.0.1');
  create server other_host foreign data wrapper postgres_fdw options (host 'localhost.example', port '${port}');
  create server wherever_it_is foreign data wrapper postgres_fdw options (dbname 'app');
  create foreign data wrapper of_mine options (host '127.0.0.1');
  create server mine foreign data wrapper of_mine options (host '127.0.0.1', port '${port}');`

test('foreign-server-source warns of those at the address of the source, and of no other', async () => {
  const { port } = connectionParameters(pair.sourceServer)
  expect(await findingsAfter(pair, 'foreign-server-source', servers(port))).toEqual([
    expect.objectContaining({ severity: 'warning', object: "It's me" }),
    expect.objectContaining({ severity: 'warning', object: 'by_address' }),
  ])
})

test('foreign-server-source leaves alone what means its own machine, where the target is another', async () => {
  const { port } = connectionParameters(pair.sourceServer)
  const at = (side: 'source' | 'target', host: string) => ({
    ...pair[side],
    parameters: { ...pair[side].parameters, host },
  })
  const apart = {
    ...pair,
    source: at('source', 'old.example'),
    target: at('target', 'new.example'),
  }
  expect(await findingsAfter(apart, 'foreign-server-source', servers(port))).toEqual([
    expect.objectContaining({ object: 'by_name' }),
  ])
})
