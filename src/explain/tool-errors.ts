/** Reads the errors out of what pg_dump, pg_restore, psql, pg_dumpall and vacuumdb print, and what the server says through us. */

/** One error of a tool, with the lines that belong to it. */
export interface ToolError {
  /** The server's own words where there are any, without ERROR: */
  readonly message: string
  readonly detail: string
  readonly hint: string
  readonly context: string
  /** The statement that failed, on one line. */
  readonly statement: string
}

/** The start of an error: 12 and later say "error:", earlier ones name a part of the program, psql the line of its file. */
const starts: readonly RegExp[] = [
  /^(?:pg_dump|pg_restore|pg_dumpall|psql|vacuumdb): error: (.*)$/s,
  /^(?:pg_dump|pg_restore|pg_dumpall): \[[^\]]*\] (.*)$/s,
  /^psql:.*?:\d+: ((?:ERROR|FATAL|PANIC): .*)$/s,
  /^psql:.*?:\d+: error: (.*)$/s,
  /^(?:pg_dumpall|vacuumdb): (.*? failed: (?:ERROR|FATAL|PANIC): .*)$/s,
]
/** Headings that pg_restore up to 11 prints around an error, and its count at the end. */
const noise = /^(?:Error while |Error from TOC entry |WARNING: |while [A-Z]+ TOC)/
/** The tool's own words in front of the server's. */
const introduction = /^.*?(?:ERROR|FATAL|PANIC): +/s
/** What the server said of a statement that pg_dump runs, in pg_dump's own "detail". */
const relayed = /^pg_dump: (?:detail: )?Error message from server: (?:ERROR|FATAL|PANIC): +(.*)$/s
const ownStatement =
  /^(?:pg_\w+: (?:detail: )?)?(?: *)(?:Command was|Query was|The command was|query was): (.*)$/s

/** Every error in the order in which it was printed. */
export function readToolErrors(lines: readonly string[]): ToolError[] {
  const errors: ToolError[] = []
  lines.forEach((line, index) => {
    const message = startOf(line)
    if (message === undefined) return
    errors.push(withFollowing(message, lines, index + 1))
  })
  return errors
}

function startOf(line: string): string | undefined {
  for (const pattern of starts) {
    const message = pattern.exec(line)?.[1]
    if (message === undefined) continue
    return noise.test(message) ? undefined : message.replace(introduction, '')
  }
  return undefined
}

/** A statement may be long; what is behind its first lines explains nothing more. */
const followed = 200

type Part = 'detail' | 'hint' | 'context' | 'statement'

/**
 * Collects the lines up to the next one that a program starts itself. A function can write such a line into its message as
 * well, and whatever else it likes: so up to the next error the server's context is looked for, which no function can leave out.
 */
function withFollowing(message: string, lines: readonly string[], start: number): ToolError {
  const parts: Record<Part, string[]> = { detail: [], hint: [], context: [], statement: [] }
  let said = message
  let part: Part | undefined
  let isOver = false
  for (let index = start; index < lines.length; index += 1) {
    const line = lines[index] ?? ''
    if (startOf(line) !== undefined) break
    isOver ||= index - start >= followed
    if (isOver) {
      if (line.startsWith('CONTEXT:') && parts.context.length === 0) {
        parts.context.push(line.slice('CONTEXT:'.length).trim())
      }
      continue
    }
    const fromServer = relayed.exec(line)?.[1]
    const statement = ownStatement.exec(line)?.[1]
    const labelled = /^(?:pg_\w+: )?(DETAIL|HINT|CONTEXT|detail|hint): +(.*)$/s.exec(line)
    if (fromServer !== undefined) {
      said = fromServer
      part = undefined
    } else if (statement !== undefined) {
      part = 'statement'
      parts.statement.push(statement)
    } else if (labelled?.[1] !== undefined) {
      part = labelled[1].toLowerCase() as Part
      parts[part].push(labelled[2] ?? '')
    } else if (/^(?:(?:pg_\w+|psql|vacuumdb):|WARNING: errors ignored)/.test(line)) {
      isOver = true
    } else if (/^LINE \d+: /.test(line)) {
      part = undefined
    } else if (part !== undefined) {
      parts[part].push(line.trim())
    }
  }
  const text = (name: Part) => parts[name].join(' ').trim()
  return {
    message: said,
    detail: text('detail'),
    hint: text('hint'),
    context: text('context'),
    statement: text('statement').slice(0, 2000),
  }
}
