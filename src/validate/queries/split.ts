/** Splits a script of validation queries at its semicolons, as psql does. */

/** One query, and the database it is for: `\connect name` in front of it, as in a script for psql. */
export interface ValidationQuery {
  /** Undefined: every database. */
  readonly database: string | undefined
  readonly sql: string
}

/**
 * What may hold a semicolon that ends nothing, tried in this order: comments, strings with and without backslash
 * escapes, quoted names, dollar quotes. (Manual sections 4.1.1 to 4.1.5.) Names and numbers are taken whole, so
 * that the `$` in `a$b$c` opens nothing and the `e` in `type'x'` is no prefix.
 */
const tokens = [
  /--[^\n]*/y,
  /[eE]'(?:[^'\\]|\\[^]|'')*(?:'|$)/y,
  /'(?:[^']|'')*(?:'|$)/y,
  /"(?:[^"]|"")*(?:"|$)/y,
  /(\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)(?:[^]*?\1|[^]*$)/y,
  /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y,
] as const
const connectLine = /^[ \t]*\\c(?:onnect)?[ \t]+("(?:[^"\n]|"")+"|[^\s"]+)[ \t]*;?[ \t]*(?:\n|$)/my

/** Returns the queries in order, without their semicolons; empty statements and bare comments are left out. */
export function splitQueries(script: string): ValidationQuery[] {
  const queries: ValidationQuery[] = []
  let database: string | undefined
  let start = 0
  let isBlank = true
  const end = (position: number): void => {
    if (!isBlank) queries.push({ database, sql: script.slice(start, position).trim() })
    isBlank = true
  }
  for (let at = 0; at <= script.length;) {
    const connect = isBlank ? matchAt(connectLine, script, at) : undefined
    if (connect !== undefined) {
      database = unquote(connect[1] ?? '')
      at += connect[0].length
      start = at
    } else if (at === script.length || script[at] === ';') {
      end(at)
      at += 1
      start = at
    } else {
      const length = tokenLength(script, at)
      if (!isSilent(script, at)) isBlank = false
      at += length
    }
  }
  return queries
}

/** A query from its first word on, without the blanks and comments in front of it. */
export function withoutLeadingComments(sql: string): string {
  let at = 0
  while (at < sql.length && isSilent(sql, at)) at += tokenLength(sql, at)
  return sql.slice(at)
}

/** The queries that are meant for a database. */
export function queriesFor(queries: readonly ValidationQuery[], database: string): string[] {
  return queries
    .filter((query) => query.database === undefined || query.database === database)
    .map((query) => query.sql)
}

function tokenLength(script: string, at: number): number {
  if (script.startsWith('/*', at)) return blockCommentLength(script, at)
  for (const token of tokens) {
    const match = matchAt(token, script, at)
    if (match !== undefined) return match[0].length
  }
  return 1
}

/** Block comments nest, which no regular expression can follow. */
function blockCommentLength(script: string, at: number): number {
  let depth = 0
  for (let position = at; position < script.length; position += 1) {
    const pair = script.slice(position, position + 2)
    if (pair === '/*') depth += 1
    if (pair === '*/') depth -= 1
    if (pair === '/*' || pair === '*/') position += 1
    if (depth === 0) return position + 1 - at
  }
  return script.length - at
}

function isSilent(script: string, at: number): boolean {
  return /\s/.test(script[at] ?? '') || script.startsWith('--', at) || script.startsWith('/*', at)
}

function matchAt(expression: RegExp, text: string, at: number): RegExpExecArray | undefined {
  expression.lastIndex = at
  return expression.exec(text) ?? undefined
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name
}
