/** Takes the content of rows out of what servers say: an error about a row repeats the row, and a log is no place for it. */

/** Where a part of a message ends in what a tool prints: at the next part, at the next message, or at the end. */
const end =
  '(?=\\n *(?:DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LOCATION|LINE \\d+|ERROR|WARNING|NOTICE|Command was|pg_\\w+|psql|vacuumdb):|$)'

/** The rest of a part, however many lines it has. */
const rest = `[\\s\\S]*?${end}`

const saidOfKey =
  ' (?:already exists|is duplicated|is (?:not present in|still referenced from) table|conflicts with (?:existing )?key)'

/** The server's words in front of a value that a type does not take, which stands behind them in quotes. */
const refusals = [
  'invalid input (?:syntax|value) for [^\\n]*?',
  'malformed \\w+ literal',
  'out of range',
  'invalid cidr value',
  'syntax error in ts(?:query|vector)',
  'no operand in tsquery',
  'invalid hexadecimal digit',
].join('|')

const rules: readonly (readonly [RegExp, string])[] = [
  // A rule of the table is broken by a row, or no partition takes its key.
  [new RegExp(`\\b((?:Failing|failing) row contains )${rest}`, 'g'), '$1(…).'],
  // A key is there twice, or has no counterpart: its columns stay.
  [
    new RegExp(
      `\\b([Kk]ey \\((?:(?!\\)=\\()[^\\n])*\\))=\\((?:[\\s\\S]*?\\)(?=${saidOfKey}|\\.?${end})|${rest})`,
      'g',
    ),
    '$1',
  ],
  // The line, or the value, that COPY was reading.
  [new RegExp(`\\b(COPY [^\\n]*?, line \\d+(?:, column [^\\n]*?)?): "${rest}`, 'g'), '$1'],
  [new RegExp(`\\b(${refusals}): "${rest}`, 'g'), '$1'],
  [/((?:\bERROR: +|^)(?:value )?)"[^\n]*"(?= is out of range for type)/gm, '$1"…"'],
  [/\b(Token )"[^\n]*"(?= is invalid)/g, '$1"…"'],
  [/\b(but found )"[^\n]*"/g, '$1"…"'],
  [/\b(JSON data, line \d+): [^\n]*/g, '$1'],
  // Of XML, the lines below.
  [new RegExp(`((?<![^\\n])(?:DETAIL: +)?line \\d+: [^\\n]*)\\n${rest}`, 'g'), '$1'],
  [new RegExp(`\\b(with parameters: )\\$1 = ${rest}`, 'g'), '$1…'],
  // With --inserts a statement is a row.
  [new RegExp(`(\\bCommand was: INSERT INTO [^\\n]*?\\bVALUES\\b)${rest}`, 'g'), '$1 (…);'],
  // The place in a statement, cut on both sides, so that nobody knows what is in quotes.
  [/^(LINE \d+:)(?=[^\n]*')[^\n]*/gm, '$1 …'],
]

/** A server's message without the values of rows; the table, line, column, key and constraint stay. */
export function withoutRows(text: string): string {
  return rules.reduce((left, [pattern, replacement]) => left.replace(pattern, replacement), text)
}
