/** Before any test file that uses servers: ends what a killed run left behind, and makes the folder that workers share. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tsImport } from 'tsx/esm/api'
import type * as ServerFolder from './server-folder.js'

export default async function setUp(): Promise<void> {
  // jest's own transformation does not reach what this file imports.
  const load = tsImport('./server-folder.ts', import.meta.url)
  const { endServersOf, isAlive } = (await load) as typeof ServerFolder
  await endServersOf((owner) => !isAlive(owner))
  process.env['UPGRADE_POSTGRES_TEST_RUNNER'] = String(process.pid)
  process.env['UPGRADE_POSTGRES_TEST_STATE'] = await mkdtemp(
    join(tmpdir(), 'upgrade-postgres-tests-'),
  )
}
