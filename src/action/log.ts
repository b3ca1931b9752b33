/** The log of a workflow step, with groups and annotations. */
import * as core from '@actions/core'
import type { Log } from '../log.js'
import { inert } from './inert.js'

/** Writes to the step's log. */
export const actionLog: Log = {
  info: (message) => {
    core.info(inert(message))
  },
  notice: (message) => {
    core.notice(inert(message))
  },
  warning: (message) => {
    core.warning(inert(message))
  },
  error: (message) => {
    core.error(inert(message))
  },
  debug: (message) => {
    core.debug(inert(message))
  },
  // A log is lines; those say how far the work is every 15 seconds.
  show: () => () => undefined,
  group: (title, work) => core.group(inert(title), work),
}
