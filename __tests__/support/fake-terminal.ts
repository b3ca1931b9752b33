/** A terminal for tests: what a person would see on it after all that was written, wrapped lines included. */

export interface FakeTerminal {
  isTTY: boolean
  columns: number
  rows: number
  write(text: string): void
  /** Everything, as it was written. */
  readonly written: () => string
  /** The lines with something on them. */
  readonly screen: () => string[]
  readonly isCursorVisible: () => boolean
}

const escape = '\u001b'
const tokens = new RegExp(`${escape}(\\[[?\\d]*[A-Za-z])|[^]`, 'gu')

/** Knows the control sequences that the display uses; another one is an error. One character is one column. */
export function createFakeTerminal(columns = 60, rows = 20): FakeTerminal {
  let lines: string[] = ['']
  let [row, column, visible, written] = [0, 0, true, '']
  const put = (character: string): void => {
    if (column >= terminal.columns) {
      row += 1
      column = 0
    }
    while (lines.length <= row) lines.push('')
    const line = (lines[row] ?? '').padEnd(column)
    lines[row] = line.slice(0, column) + character + line.slice(column + 1)
    column += 1
  }
  const control = (sequence: string): void => {
    const up = /^\[(\d+)A$/.exec(sequence)?.[1]
    if (up !== undefined) row = Math.max(0, row - Number(up))
    else if (sequence === '[K') lines[row] = (lines[row] ?? '').slice(0, column)
    else if (sequence === '[J') {
      lines[row] = (lines[row] ?? '').slice(0, column)
      lines = lines.slice(0, row + 1)
    } else if (sequence === '[?25l') visible = false
    else if (sequence === '[?25h') visible = true
    else throw new Error(`Unknown control sequence ${JSON.stringify(sequence)}`)
  }
  const terminal: FakeTerminal = {
    isTTY: true,
    columns,
    rows,
    write(text) {
      written += text
      for (const [token, sequence] of text.matchAll(tokens)) {
        if (sequence !== undefined) control(sequence)
        else if (token === '\n') {
          row += 1
          column = 0
          while (lines.length <= row) lines.push('')
        } else if (token === '\r') column = 0
        else put(token)
      }
    },
    written: () => written,
    screen: () => lines.map((line) => line.trimEnd()).filter((line) => line !== ''),
    isCursorVisible: () => visible,
  }
  return terminal
}
