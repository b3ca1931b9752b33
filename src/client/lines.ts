/** Cuts what a tool prints into lines. */
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { StringDecoder } from 'node:string_decoder'

/** Less is told of a line. The rest of one that a server makes longer is passed over: there is no text that could hold any. */
const mostCharacters = 1_000_000

/**
 * Resolves when the stream has ended. A line ends where the tools end it: Node's readline also ends one at a lone
 * carriage return, at U+2028 and at U+2029, which names may hold.
 */
export async function readLines(from: Readable, onLine: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8')
  let open = ''
  const add = (text: string) => {
    open += text.slice(0, mostCharacters - open.length)
  }
  const end = () => {
    // On Windows a line ends in both.
    onLine(open.replace(/\r$/, ''))
    open = ''
  }
  from.on('data', (chunk: Buffer) => {
    const [first = '', ...others] = decoder.write(chunk).split('\n')
    add(first)
    for (const text of others) {
      end()
      add(text)
    }
  })
  await finished(from, { writable: false }).catch(() => undefined)
  add(decoder.end())
  if (open !== '') end()
}
