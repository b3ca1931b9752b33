/** Extensions as another maker would have built them, offered to the sessions that are told where they lie. 18 brought such folders. */
import { appendFile, chmod, cp, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runSql, uniqueName, type TestServer } from './servers.js'

export interface OfferedExtension {
  readonly name: string
  /** Goes behind what PostgreSQL's own files of the extension say. */
  readonly control?: string
  readonly script: string
  readonly version: string
}

/** Returns the value of extension_control_path with which the extension is found. */
export async function offerExtension(
  server: TestServer,
  { name, version, control = '', script }: OfferedExtension,
): Promise<string> {
  const [row] = await runSql<{ setting: string }>(
    server,
    'postgres',
    `select setting from pg_config where name = 'SHAREDIR'`,
  )
  const from = join(row?.setting ?? '', 'extension')
  const folder = join(server.folder, uniqueName('offered'))
  const to = join(folder, 'extension')
  await mkdir(to, { recursive: true })
  const files = (await readdir(from)).filter((file) => file.startsWith(name))
  for (const file of files) await cp(join(from, file), join(to, file))
  await appendFile(join(to, `${name}.control`), `\n${control}\n`)
  await appendFile(join(to, `${name}--${version}.sql`), `\n${script}\n`)
  // The server may run as another user than the tests.
  for (const each of [folder, to]) await chmod(each, 0o755)
  for (const file of files) await chmod(join(to, file), 0o644)
  return `${folder}:$system`
}
