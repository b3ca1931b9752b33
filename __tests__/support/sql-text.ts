/** Splits SQL files, because several statements sent at once are one transaction, in which CREATE DATABASE and others cannot run. */

/** What may hold a semicolon without ending a statement, then the end of a statement, then any other character. */
const token =
  /[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|--[^\n]*|(?<end>;)[ \t]*(?:\n|$)|[\s\S]/g

/** The statements of a file. A statement ends with a semicolon at the end of a line; one within a line (BEGIN ATOMIC) does not end it. */
export function splitStatements(text: string): string[] {
  const statements: string[] = []
  let current = ''
  for (const { 0: part, groups } of text.matchAll(token)) {
    if (part.startsWith('--')) continue
    if (groups?.['end'] !== undefined) {
      statements.push(current.trim())
      current = ''
    } else current += part
  }
  return [...statements, current.trim()].filter((statement) => statement !== '')
}
