/**
 * What may be told where a server speaks another language than English. Nobody knows there which words stand around the values
 * of a row, so that whatever may hold one is left out, names included.
 */

/** Quotation marks of all languages; a straight single one is an apostrophe unless something opens with it. */
const opening = String.raw`(?:["»«„“”‹›「」『』]|(?<![^\s(:])['‘\u0060])`
const closing = String.raw`(?:["»«„“”‹›「」『』]|['’\u0060](?![^\s.,;:)]))`

/** From the first mark to the last one, because a value may hold marks itself. Where none closes the first, none closes another. */
const quoted = new RegExp(`${opening}([^]*${closing})?`)

function withoutQuoted(text: string): string {
  const left = text
    .replace(quoted, (all, inside?: string) => (inside === undefined ? all : '…'))
    .replace(/=\([\s\S]*/, '=(…)')
  // One that is not closed: what is cut off has no end.
  return left.replace(/["»«„“‹「『][\s\S]*/, '…')
}

/** Conditions of names, rights, sessions and the machine, which speak of no row; 42601 repeats what it could not read. */
const withoutValues = /^(?:0[0-38A]|2[58BD]|3[DF]|40|42(?!601)|5[3578])/

/** A server's message: without what it quotes, unless its SQLSTATE tells that no row is spoken of. */
export function foreignText(text: string, sqlState: string | undefined): string {
  return withoutValues.test(sqlState ?? '') ? text : withoutQuoted(text)
}

export interface ServerError {
  readonly message: string
  readonly code?: string | undefined
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly where?: string | undefined
  readonly schema?: string | undefined
  readonly table?: string | undefined
  readonly column?: string | undefined
  readonly dataType?: string | undefined
  readonly constraint?: string | undefined
}

/** The parts of an error that may be told. The names, which the server sends apart as well, are put in place of its detail. */
export function foreignParts(error: ServerError): Partial<ServerError> {
  const { code, message, detail, hint } = error
  // In the context is the row that COPY was reading, whatever went wrong with it.
  const where = undefined
  if (withoutValues.test(code ?? '')) return { where }
  const names = (['schema', 'table', 'column', 'dataType', 'constraint'] as const).flatMap(
    (part) =>
      error[part] === undefined
        ? []
        : [`${part === 'dataType' ? 'type' : part} ${JSON.stringify(error[part])}`],
  )
  return {
    message: withoutQuoted(message),
    detail:
      names.length === 0 && detail === undefined
        ? undefined
        : `(${['details are left out, because the server does not speak English', ...names].join('; ')})`,
    hint: hint === undefined ? undefined : withoutQuoted(hint),
    where,
  }
}

/** Labels that libpq and the tools print in English in any case, because they run with LC_ALL=C. */
const labels: readonly (readonly [RegExp, 'left out' | 'without quotes' | 'kept'])[] = [
  [/^(?:pg_\w+: (?:detail: )?)? *(?:Command was|Query was|The command was|query was): /, 'kept'],
  [/^(?:pg_\w+|psql|vacuumdb):/, 'without quotes'],
  [/^(?:DETAIL|CONTEXT|QUERY|STATEMENT|LINE \d+):/, 'left out'],
  [/^HINT:/, 'without quotes'],
]

/** A message of a tool: of the server's words in it, only those that cannot be a row's. */
export function foreignMessage(message: string): string {
  const parts: string[][] = []
  for (const line of message.split('\n')) {
    const last = parts.at(-1)
    const isStart = last === undefined || labels.some(([label]) => label.test(line))
    if (isStart) parts.push([line])
    else last.push(line)
  }
  return parts.map((lines) => foreignPart(lines.join('\n'))).join('\n')
}

/** The severity, in the server's language, has two blanks behind it: with it begin the server's words. */
const severity = /^[\s\S]*?[^\s:"]: {2}/

function foreignPart(part: string): string {
  const [label, rule] = labels.find(([start]) => start.test(part)) ?? []
  if (rule === 'kept') return part
  if (rule === 'left out') return `${label?.exec(part)?.[0] ?? ''} …`
  const [introduction] = severity.exec(part) ?? []
  if (introduction !== undefined) {
    return introduction + withoutQuoted(part.slice(introduction.length))
  }
  // The words of the tool; without its name, the rest of something that is not known.
  return rule === undefined ? '…' : part
}
