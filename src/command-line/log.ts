/** The log of a run on a terminal: plain lines on stderr, so that stdout holds the summary alone. */
import type { Log } from '../log.js'
import { linesOf } from '../report/format.js'

export interface TerminalLogOptions {
  readonly write: (text: string) => void
  /** Shows bars; a log alone has none. */
  readonly show?: Log['show']
  readonly verbose: boolean
}

/** Writes whole lines. Servers have a say in them, so no control character gets through, and no command of a CI system. */
export function createTerminalLog({ write, verbose, show }: TerminalLogOptions): Log {
  const say = (mark: string) => (message: string) => {
    const [first = '', ...rest] = linesOf(message)
    write([`${mark}${first}`, ...rest.map((line) => `  ${line}`)].map(withoutCommands).join(''))
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

/** GitHub takes lines that begin with `::` as commands, and `##[` anywhere; Azure Pipelines takes `##vso[`. */
export function withoutCommands(line: string): string {
  return `${line.replace(/^(\s*):(?=:)/, '$1| :').replace(/##(?=\[|vso\[)/gi, '## ')}\n`
}
