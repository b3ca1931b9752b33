/** One server per major for a whole run of jest, started by the first test file that asks for it. */
import { oncePerRun, sharedFolder } from './once-per-run.js'
import { launchServer, type ServerAddress } from './server-process.js'

/** The address of the run's server of that major. */
export async function sharedAddress(major: number): Promise<ServerAddress> {
  const folder = sharedFolder()
  if (folder === undefined) {
    throw new Error('Shared servers exist inside jest only; elsewhere call startServer().')
  }
  return oncePerRun(folder, `server-${major}`, () => launchServer(major))
}
