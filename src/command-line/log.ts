/** The log of a run on a terminal: plain lines on stderr, so that stdout holds the summary alone. */
import type { Log } from '../log.js'
import { logLines } from '../report/log-lines.js'

export interface TerminalLogOptions {
  readonly write: (text: string) => void
  /** Shows bars; a log alone has none. */
  readonly show?: Log['show']
  readonly verbose: boolean
}

/** Writes whole lines. Servers have a say in them, so no control character gets through, and no command of a CI system. */
export function createTerminalLog({ write, verbose, show }: TerminalLogOptions): Log {
  const say = (mark: string) => (message: string) => {
    write(`${logLines(`${mark}${message}`).join('\n')}\n`)
  }
  return {
    info: say(''),
    notice: say('Note: '),
    warning: say('Warning: '),
    error: say('Error: '),
    debug: verbose ? say('Debug: ') : () => undefined,
    show: show ?? (() => () => undefined),
    group(title, work) {
      write('\n')
      say('')(title)
      return work()
    },
  }
}
