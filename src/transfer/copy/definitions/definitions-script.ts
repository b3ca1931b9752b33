/** Cuts the script that pg_restore writes into its entries. */

/** What may end a line outside of quotations, and what opens a quotation or a comment. Of names, only quoted ones can hold a `$`. */
const tokens = /\n|--|\/\*|['"]|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/g
/** Commands for psql, which the server does not know. */
const psqlCommand = /\\(?:un)?restrict [^\n]*\n?/y
/** The line that every entry of the archive begins with. */
const entryHeader = '-- Name: '
/** What holds for the entries after it. */
const setting = /SET (default_tablespace|default_table_access_method) = /y

/** A piece of the script; all of them, one behind the other, are the script. */
export interface ScriptPiece {
  readonly text: string
  /** Of an entry, what its header says: `orders; Type: TABLE; Schema: public; Owner: me`. */
  readonly header: string | null
  /** Of a setting, its name. */
  readonly setting: string | null
}

type Beginning = Omit<ScriptPiece, 'text'>

/**
 * The entries in the script's order, what stands before the first, and the settings between them; nothing but psql's
 * commands is left out. It is only cut outside of quotations. Were a quotation misjudged, a piece would be larger, or
 * end inside of one, which the server refuses as a whole: it parses all of a query before it runs any of it.
 */
export async function* scriptPieces(chunks: AsyncIterable<string>): AsyncGenerator<ScriptPiece> {
  let beginning: Beginning = { header: null, setting: null }
  /** Of the piece, what was in earlier chunks. */
  let parts: string[] = []
  /** What would end the quotation that the next line begins in. */
  let open: string | null = null
  for await (const lines of wholeLines(chunks)) {
    /** From here on it is not in the piece yet. */
    let from = 0
    const cutAt = (position: number, next = position) => {
      parts.push(lines.slice(from, position))
      from = next
    }
    const walk = linesOutside(lines, open)
    for (let step = walk.next(); ; step = walk.next()) {
      if (step.done === true) {
        open = step.value
        break
      }
      const line = step.value
      psqlCommand.lastIndex = line
      if (psqlCommand.test(lines)) cutAt(line, psqlCommand.lastIndex)
      const begun = beginningAt(lines, line)
      if (begun === null) continue
      cutAt(line)
      yield { text: parts.join(''), ...beginning }
      parts = []
      beginning = begun
    }
    cutAt(lines.length)
  }
  yield { text: parts.join(''), ...beginning }
}

/** Lines with their newlines, as many as each chunk ends. They end in a newline alone: a carriage return may be part of a value. */
async function* wholeLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  /** What has arrived of a line that has not ended: one may be as long as the longest comment, so it is put together once. */
  let open: string[] = []
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf('\n') + 1
    if (end === 0) {
      open.push(chunk)
      continue
    }
    yield [...open, chunk.slice(0, end)].join('')
    open = [chunk.slice(end)]
  }
  yield open.join('')
}

/** Where the lines begin that are in no quotation; returns what would end the quotation that is open behind the last. */
function* linesOutside(lines: string, openBefore: string | null): Generator<number, string | null> {
  let open = openBefore
  let position = 0
  if (open === null) yield 0
  for (;;) {
    if (open !== null) {
      const end = lines.indexOf(open, position)
      if (end < 0) return open
      position = end + open.length
      open = null
    }
    tokens.lastIndex = position
    const token = tokens.exec(lines)?.[0]
    if (token === undefined) return null
    position = tokens.lastIndex
    if (token === '\n') yield position
    else if (token === '--') position = endOfLine(lines, position)
    else open = token === '/*' ? '*/' : token
  }
}

function beginningAt(lines: string, line: number): Beginning | null {
  if (lines.startsWith(entryHeader, line)) {
    const header = lines.slice(line + entryHeader.length, endOfLine(lines, line))
    return { header, setting: null }
  }
  setting.lastIndex = line
  const name = setting.exec(lines)?.[1]
  return name === undefined ? null : { header: null, setting: name }
}

function endOfLine(lines: string, position: number): number {
  const end = lines.indexOf('\n', position)
  return end < 0 ? lines.length : end
}
