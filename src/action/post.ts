/** The post step: runs always, and clears away whatever main could not. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as core from '@actions/core'
import { clearAway } from '../carry-out.js'
import { emptyEntries, journalName, readJournal } from '../cleanup/index.js'
import { messageOf } from '../errors.js'
import { readInputs } from '../inputs/inputs.js'
import { actionLog } from './log.js'
import { maskSecret } from './masks.js'
import { readState } from './state.js'

/** Never fails the job: what it cannot do, it says. */
export async function post(): Promise<void> {
  const workDirectory = readState('work-directory')
  if (workDirectory === '' || !existsSync(workDirectory)) {
    actionLog.info('Nothing was left behind.')
    return
  }
  maskSecret(core.getInput('source-password'))
  maskSecret(core.getInput('target-password'))
  try {
    const entries = readJournal(join(workDirectory, journalName))
    const inputs = readInputs((name) => core.getInput(name))
    maskSecret(inputs.source.password)
    maskSecret(inputs.target.password)
    await clearAway({
      inputs,
      entries: entries ?? emptyEntries(''),
      wasCutOff: true,
      workDirectory,
      applicationName: readState('application-name'),
      log: actionLog,
    })
  } catch (error) {
    actionLog.warning(`Clearing up failed: ${messageOf(error)}`)
  }
}
