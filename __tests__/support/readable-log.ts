/** Shows an action's log in a terminal: workflow commands as text, masks not at all. */

const unescaped = (text: string): string =>
  text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')

/** A listener for the chunks of a log; whole lines are passed on as they become complete. */
export function readableLog(write: (text: string) => void): (chunk: string) => void {
  let rest = ''
  return (chunk) => {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const shown = readableLine(line)
      if (shown !== undefined) write(`${shown}\n`)
    }
  }
}

function readableLine(line: string): string | undefined {
  const [, name, message = ''] = /^::([a-z-]+)(?: [^:]*)?::(.*)$/.exec(line) ?? []
  switch (name) {
    case undefined:
      return line
    case 'group':
      return `\n> ${unescaped(message)}`
    case 'error':
    case 'warning':
    case 'notice':
      return `${name.toUpperCase()}: ${unescaped(message)}`
    default:
      return undefined
  }
}
