/** Takes the power of workflow commands from text that servers have a say in. */
import { logLines } from '../report/log-lines.js'

/** One entry of the step's log: database names and error messages come from servers. */
export function inert(text: string): string {
  return logLines(text).join('\n')
}
