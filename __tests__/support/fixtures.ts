/** Loads the edge cases of __tests__/fixtures/sql, as far as a server's major knows them. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repository } from './action-inputs.js'
import type { ServerAddress } from './server-process.js'
import { runSqlFile, uniqueName } from './servers.js'

/** Where the roles are: they belong to the server, and the target needs them too. */
const rolesFile = '00-'

export interface FixtureOptions {
  /** Put before the names of roles, so that several tests can share a server; a new one by default. */
  readonly prefix?: string
  /** Only the files whose name this matches, besides the roles. */
  readonly only?: RegExp
}

/**
 * Fills a database with every edge case that its server's major knows, roles included, and returns the
 * prefix of the roles. A file whose first line is `-- from: 12` is for majors from 12 on.
 */
export async function loadFixtures(
  server: ServerAddress,
  database: string,
  { prefix = uniqueName('f'), only = /./ }: FixtureOptions = {},
): Promise<string> {
  await loadFixtureRoles(server, prefix)
  for (const [name, text] of await filesFor(server.major)) {
    if (!name.startsWith(rolesFile) && only.test(name)) {
      await runSqlFile(server, database, withPrefix(text, prefix))
    }
  }
  return prefix
}

/** Creates only the roles; on a target, for the fixtures of a source of that major. */
export async function loadFixtureRoles(
  server: ServerAddress,
  prefix: string,
  sourceMajor: number = server.major,
): Promise<void> {
  for (const [name, text] of await filesFor(sourceMajor)) {
    if (name.startsWith(rolesFile)) await runSqlFile(server, 'postgres', withPrefix(text, prefix))
  }
}

async function filesFor(major: number): Promise<(readonly [name: string, text: string])[]> {
  const folder = join(repository, '__tests__', 'fixtures', 'sql')
  const names = (await readdir(folder)).sort(byNumber)
  const files = await Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
  )
  return files.filter(([, text]) => Number(/^-- from: (\d+)/.exec(text)?.[1] ?? 0) <= major)
}

/** `05-partitions.sql` before `05-partitions-from-11.sql` before `05-partitions-from-12.sql`. */
function byNumber(a: string, b: string): number {
  const keyOf = (name: string): string => name.replace('.sql', '').replace('-from-', '/')
  return keyOf(a) < keyOf(b) ? -1 : 1
}

function withPrefix(text: string, prefix: string): string {
  return text.replaceAll(':prefix', prefix)
}
