/** Asks one question on a terminal and does not show the answer. */
import { CancelledError } from '../errors.js'

/** What is used of stdin. */
export interface TerminalInput {
  readonly setRawMode: (raw: boolean) => unknown
  readonly setEncoding: (encoding: 'utf8') => unknown
  readonly on: (event: 'data', listener: (text: string) => void) => unknown
  readonly off: (event: 'data', listener: (text: string) => void) => unknown
  readonly resume: () => unknown
  readonly pause: () => unknown
  readonly unshift: (text: string) => unknown
}

const [interrupt, endOfText, backspace, del, killLine] = ['\x03', '\x04', '\b', '\x7f', '\x15']

/** Resolves to the line that is typed; Ctrl-C cancels. The terminal is left as it was. */
export async function askWithoutEcho(
  question: string,
  input: TerminalInput,
  write: (text: string) => void,
): Promise<string> {
  write(question)
  input.setEncoding('utf8')
  input.setRawMode(true)
  try {
    return await readLine(input)
  } finally {
    input.pause()
    input.setRawMode(false)
    write('\n')
  }
}

function readLine(input: TerminalInput): Promise<string> {
  return new Promise((resolve, reject) => {
    const typed: string[] = []
    const end = (rest: string) => {
      input.off('data', listen)
      if (rest !== '') input.unshift(rest)
    }
    const listen = (text: string) => {
      // An arrow or another key that is no character.
      if (text.startsWith('\x1b')) return
      const characters = Array.from(text)
      for (const [index, character] of characters.entries()) {
        if (character === interrupt) {
          end('')
          reject(new CancelledError())
          return
        }
        if (character === '\r' || character === '\n' || character === endOfText) {
          end(characters.slice(index + 1).join(''))
          resolve(typed.join(''))
          return
        }
        if (character === backspace || character === del) typed.pop()
        else if (character === killLine) typed.length = 0
        else if (character >= ' ') typed.push(character)
      }
    }
    input.on('data', listen)
    input.resume()
  })
}
