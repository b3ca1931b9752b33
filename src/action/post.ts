/** The post step: runs always, and clears away whatever main could not. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as core from '@actions/core'
import { cleanUp, journalName, readJournal } from '../cleanup/index.js'
import { messageOf } from '../errors.js'
import { openServer } from '../server/index.js'
import { readInputs } from './inputs.js'
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
    const signal = new AbortController().signal
    const open = (side: 'source' | 'target') => () =>
      openServer({
        side,
        parameters: inputs[side],
        applicationName: readState('application-name'),
        signal,
      })
    const failures = await cleanUp({
      entries: entries ?? {
        children: [],
        stagingDatabases: [],
        roles: [],
        paths: [],
        applicationName: '',
        borrowedRoles: [],
        freeze: null,
      },
      workDirectory,
      openSource: open('source'),
      openTarget: open('target'),
      log: actionLog,
    })
    for (const failure of failures) actionLog.warning(`Could not ${failure}`)
  } catch (error) {
    actionLog.warning(`Clearing up failed: ${messageOf(error)}`)
  }
}
