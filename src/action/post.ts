/** The post step: runs always, and clears away whatever main could not. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { clearAway } from '../carry-out.js'
import {
  emptyEntries,
  journalName,
  keptCertificates,
  readJournal,
  sourceReleased,
  type JournalEntries,
} from '../cleanup/index.js'
import { messageOf } from '../errors.js'
import { readConnectionAlone } from '../inputs/inputs.js'
import { sayFinding } from '../run.js'
import type { ConnectionParameters, ServerSide } from '../server/index.js'
import { readInput } from './input.js'
import { actionLog } from './log.js'
import { maskSecret } from './masks.js'
import { readState } from './state.js'

/** Never fails the job: what it cannot do, it says. */
export async function post(): Promise<void> {
  const workDirectory = readState('work-directory')
  if (workDirectory === '') {
    actionLog.info('No run has begun; there is nothing to clear up.')
    return
  }
  if (!existsSync(workDirectory)) {
    actionLog.info('The run has cleared up behind itself; there is nothing to do.')
    return
  }
  maskSecret(readInput('source-password').trim())
  maskSecret(readInput('target-password').trim())
  try {
    const entries = readEntries(workDirectory)
    for (const finding of sourceReleased(entries)) sayFinding(actionLog, finding)
    const isCleared = await clearAway({
      parametersOf: (side) => readParameters(side, workDirectory),
      entries,
      wasCutOff: true,
      workDirectory,
      isTriedAgain: false,
      applicationName: readState('application-name'),
      log: actionLog,
      finding: (finding) => {
        sayFinding(actionLog, finding)
      },
    })
    if (isCleared) actionLog.info('What the run had left is cleared away.')
  } catch (error) {
    actionLog.warning(`Clearing up failed: ${messageOf(error)}`)
  }
}

/** Files that the inputs name may be gone by now, and the folder with what the run has kept of them goes last. */
function readParameters(side: ServerSide, workDirectory: string): ConnectionParameters {
  const kept = keptCertificates(workDirectory, side)
  const parameters = readConnectionAlone(readInput, side, kept)
  maskSecret(parameters.password)
  maskSecret(parameters.sslpassword)
  return parameters
}

/** Without a journal that can be read, there is still the folder to be removed. */
function readEntries(workDirectory: string): JournalEntries {
  try {
    return readJournal(join(workDirectory, journalName)) ?? emptyEntries('')
  } catch (error) {
    actionLog.warning(`What the run has left cannot be read: ${messageOf(error)}`)
    return emptyEntries('')
  }
}
