/** Puts the lines of a tool's stderr together to messages, and passes on what may be told of each. */
import { foreignMessage } from '../telling/foreign.js'
import { tellableLines } from '../telling/tellable.js'

/** A message of so many lines is passed on in pieces, so that memory stays flat. */
const mostLines = 1000

/** What --verbose adds tells the progress, not the cause. */
export function isProgress(line: string): boolean {
  return /^pg_(?:dump|restore): (?!error|warning|detail|hint|\[)/.test(line)
}

/** A program says its name in front of each message; what follows from the server, and statements, have lines of their own. */
const startsMessage = (line: string): boolean => /^(?:pg_\w+|psql|vacuumdb):/.test(line)

/** A function can say whatever it likes, but not without the context that the server gives it: nothing may take that away. */
const isContext = (line: string): boolean => line.startsWith('CONTEXT:')

export interface MessageReader {
  readonly line: (line: string) => void
  /** Passes on the last message. */
  readonly end: () => void
}

/** A password or a row may have line breaks, so a message is looked at as a whole before its lines are told. */
export function readMessages(tell: (line: string) => void, saysEnglish = true): MessageReader {
  let message: string[] = []
  const end = (): void => {
    if (message.length === 0) return
    const said = message.join('\n')
    const told = tellableLines(saysEnglish ? said : foreignMessage(said)).split('\n')
    if (message.some(isContext) && !told.some(isContext)) told.push('CONTEXT:  …')
    message = []
    told.forEach(tell)
  }
  return {
    line(line) {
      if (message.length === mostLines || startsMessage(line)) end()
      message.push(line)
      // Said while it happens, and complete.
      if (isProgress(line)) end()
    },
    end,
  }
}
