/** Cuts the script that pg_restore writes into batches, each of which is sent to the server as one query. */

/** What opens a quotation or a comment. Of names, only quoted ones can hold a `$`. */
const openings = /--|\/\*|['"]|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/g
/** Commands for psql, which the server does not know. */
const psqlCommand = /^\\(?:un)?restrict /
/** The line that every entry of the archive begins with. */
const entryHeader = '-- Name: '

/**
 * Batches of as many entries, in the script's order; nothing but psql's commands is left out. It is only cut
 * outside of quotations. Were a quotation misjudged, a batch would be larger, or end inside of one, which the server
 * refuses as a whole: it parses all of a query before it runs any of it.
 */
export async function* scriptBatches(
  chunks: AsyncIterable<string>,
  entries: number,
): AsyncGenerator<string> {
  let batch: string[] = []
  let count = 0
  /** What would end the quotation that the next line begins in. */
  let open: string | null = null
  for await (const lines of linesOf(chunks)) {
    for (const line of lines) {
      if (open === null && psqlCommand.test(line)) continue
      if (open === null && line.startsWith(entryHeader)) {
        if (count === entries) {
          yield batch.join('\n')
          batch = []
          count = 0
        }
        count += 1
      }
      batch.push(line)
      open = quotationAfter(line, open)
    }
  }
  yield batch.join('\n')
}

/** The whole lines of each chunk. They end in a newline alone: a carriage return may be part of a value. */
async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string[]> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    yield lines
  }
  yield [rest]
}

function quotationAfter(line: string, openBefore: string | null): string | null {
  let open = openBefore
  let position = 0
  for (;;) {
    if (open !== null) {
      const end = line.indexOf(open, position)
      if (end < 0) return open
      position = end + open.length
    }
    openings.lastIndex = position
    const opening = openings.exec(line)?.[0]
    if (opening === undefined || opening === '--') return null
    open = opening === '/*' ? '*/' : opening
    position = openings.lastIndex
  }
}
