/** Folders for tablespaces: they must belong to the user whom a test's server runs as. */
import { join } from 'node:path'
import { runSql, type TestServer } from './servers.js'

/** Lets the server make a folder beside its data. Returns its path. */
export async function makeTablespaceFolder(server: TestServer, name: string): Promise<string> {
  const folder = join(server.dataDirectory, '..', name)
  // A program that does not read what it is given may end too early for the server.
  const program = `cat >/dev/null && mkdir -p ${folder}`
  await runSql(server, 'postgres', `copy (select 1) to program '${program}'`)
  return folder
}
