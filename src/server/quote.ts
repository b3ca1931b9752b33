/** Quoting for names and strings that come from a server; nothing else may put them into SQL. */
import pg from 'pg'

/** A name as an SQL identifier, always in double quotes. */
export const quoteIdentifier: (name: string) => string = (name) => pg.escapeIdentifier(name)

/** A string as an SQL literal. */
export const quoteLiteral: (text: string) => string = (text) => pg.escapeLiteral(text)

/** `"schema"."name"`. */
export function quoteQualified(schema: string, name: string): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}
