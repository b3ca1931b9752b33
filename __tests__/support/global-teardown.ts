/** After the last test file: ends every server of this run, shared or forgotten. */
import { rm } from 'node:fs/promises'
import { tsImport } from 'tsx/esm/api'
import type * as ServerFolder from './server-folder.js'

export default async function tearDown(): Promise<void> {
  // jest's own transformation does not reach what this file imports.
  const load = tsImport('./server-folder.ts', import.meta.url)
  const { endServersOf } = (await load) as typeof ServerFolder
  await endServersOf((owner) => owner === process.pid)
  const state = process.env['UPGRADE_POSTGRES_TEST_STATE']
  if (state !== undefined) await rm(state, { recursive: true, force: true })
}
