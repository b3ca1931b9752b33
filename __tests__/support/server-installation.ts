/** What it takes to run the programs of a server of one major. */
import { join } from 'node:path'
import { serverBinaries } from './server-binaries.js'
import { serverIdentity, type Identity } from './server-folder.js'

export interface Installation {
  readonly major: number
  readonly bin: string
  readonly environment: NodeJS.ProcessEnv
  readonly identity: Identity | undefined
}

export async function installationOf(major: number): Promise<Installation> {
  const native = await serverBinaries(major)
  return {
    major,
    bin: join(native, 'bin'),
    environment: {
      PATH: process.env['PATH'],
      LD_LIBRARY_PATH: join(native, 'lib'),
      // Servers of one run agree about the time zone, whatever the host's is.
      TZ: 'UTC',
    },
    identity: serverIdentity(),
  }
}
