/** Takes the content of rows out of what servers say: an error about a row repeats the row, and a log is no place for it. */

import { applyRules, type Rule } from './rule.js'

/** Where a part of a message ends in what a tool prints: at the next part, at the next message, or at the end. */
const end =
  '(?=\\n *(?:DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LOCATION|LINE \\d+|ERROR|WARNING|NOTICE|Command was|pg_\\w+|psql|vacuumdb):|$)'

/** The rest of a part, however many lines it has. */
const rest = `[\\s\\S]*?${end}`

/** In so many characters the end of a key's value is looked for. */
const mostOfKey = 10_000

const saidOfKey =
  ' (?:already exists|is duplicated|is (?:not present in|still referenced from) table|conflicts with (?:existing )?key)'

/** The server's words in front of a value that a type does not take, which stands behind them in quotes. */
const refusals = [
  'malformed \\w+ literal',
  'out of range',
  'invalid cidr value',
  'syntax error in ts(?:query|vector)',
  'no operand in tsquery',
  'invalid hexadecimal digit',
].join('|')

/** What of a line is in front of the first place where the pattern fits; all of it where there is none. */
const upTo = (pattern: string) => `(?:(?!${pattern})[^\\n])*`

const rules: readonly Rule[] = [
  // A rule of the table is broken by a row, or no partition takes its key.
  [new RegExp(`\\b((?:Failing|failing) row contains )${rest}`, 'g'), '$1(…).'],
  // A key is there twice, or has no counterpart: its columns stay. Where a value has no end in sight, nothing behind it is told.
  [
    new RegExp(
      `\\b([Kk]ey \\(${upTo('\\)=\\(')}(?:\\)(?==\\())?)(?:=\\((?:[\\s\\S]{0,${mostOfKey}}?\\)(?=${saidOfKey}|\\.?${end})|[\\s\\S]{${mostOfKey}}[\\s\\S]*|${rest}))?`,
      'g',
    ),
    '$1',
  ],
  // The line, or the value, that COPY was reading.
  [
    new RegExp(
      `\\b(COPY ${upTo(', line \\d+(?:: "|, column )')}(?:, line \\d+(?:, column ${upTo(': "')})?)?)(?:: "${rest})?`,
      'g',
    ),
    '$1',
  ],
  [new RegExp(`\\b(invalid input (?:syntax|value) for ${upTo(': "')})(?:: "${rest})?`, 'g'), '$1'],
  [new RegExp(`\\b(${refusals}): "${rest}`, 'g'), '$1'],
  [
    /((?:\bERROR: +|^)(?:value )?)(?:"[^\n]*"(?= is out of range for type)|("[^\n]*))/gm,
    (_all, start = '', kept = '"…"') => start + kept,
  ],
  [
    /\b(Token )(?:"[^\n]*"(?= is invalid)|("[^\n]*))/g,
    (_all, start = '', kept = '"…"') => start + kept,
  ],
  [/\b(but found )"[^\n]*"/g, '$1"…"'],
  [/\b(JSON data, line \d+): [^\n]*/g, '$1'],
  // Of XML, the lines below.
  [new RegExp(`((?<![^\\n])(?:DETAIL: +)?line \\d+: [^\\n]*)\\n${rest}`, 'g'), '$1'],
  [new RegExp(`\\b(with parameters: )\\$1 = ${rest}`, 'g'), '$1…'],
  // With --inserts a statement is a row.
  [
    new RegExp(`(\\bCommand was: INSERT INTO ${upTo('\\bVALUES\\b')})(?:(VALUES\\b)${rest})?`, 'g'),
    (_all, start = '', values) => start + (values === undefined ? '' : `${values} (…);`),
  ],
  // The place in a statement, cut on both sides, so that nobody knows what is in quotes.
  [/^(LINE \d+:)(?=[^\n]*')[^\n]*/gm, '$1 …'],
]

/** A server's message without the values of rows; the table, line, column, key and constraint stay. */
export function withoutRows(text: string): string {
  return applyRules(rules, text)
}
