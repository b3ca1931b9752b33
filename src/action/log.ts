/** The log of a workflow step, with groups and annotations. */
import * as core from '@actions/core'
import type { Log } from '../log.js'
import { annotationsLeftOut } from './annotations.js'
import { inert } from './inert.js'

const said = { errors: 0, warnings: 0 }

/** Writes to the step's log. */
export const actionLog: Log = {
  info: (message) => {
    core.info(inert(message))
  },
  notice: (message) => {
    core.notice(inert(message))
  },
  warning: (message) => {
    said.warnings += 1
    core.warning(inert(message))
  },
  error: (message) => {
    said.errors += 1
    core.error(inert(message))
  },
  debug: (message) => {
    core.debug(inert(message))
  },
  // A log is lines; those say how far the work is every 15 seconds.
  show: () => () => undefined,
  group: (title, work) => core.group(inert(title), work),
}

/** Says at the end of the step what GitHub does not show beside the job. */
export function tellAnnotationsLeftOut(isFailureToCome: boolean): void {
  const errors = said.errors + (isFailureToCome ? 1 : 0)
  const line = annotationsLeftOut({ ...said, errors })
  if (line !== undefined) actionLog.notice(line)
}
