/** Names and strings in what somebody pastes into psql, written so that they arrive as they are meant. */
import { visible } from './format.js'

/**
 * What does not survive the way: characters that a log or the page writes out because nobody sees them, line breaks that a
 * log indents, a tab, which psql in a terminal takes for a question, other blanks than a space, which browsers copy as one,
 * and the second `#` of what a runner would take for a command.
 */
const fragile = /[\p{Cc}\p{Cf}]|(?! )\p{Z}|(?<=#)#(?=[a-z]*\[)/giu

const dollarQuoted = String.raw`(?<tag>\$(?:[a-z_]\w*)?\$)[^]*?\k<tag>`
const quotedName = String.raw`"[^"]*(?:""[^"]*)*"`
/** Behind a letter it is an apostrophe: words may stand around the statements. */
const string = String.raw`(?<!\w)'[^']*(?:''[^']*)*'`
const escapeString = String.raw`(?<!\w)E'(?:[^'\\]|\\[^]|'')*'`

/** What is read as a whole, tried in this order; a text that begins with `#` is for a file, and is none of psql's. */
const token = new RegExp(
  String.raw`^#[^]*|(?<comment>--[^\n]*)|(?<command>\\[a-z]+ )(?<argument>${quotedName})|${dollarQuoted}|(?<escapes>${escapeString})|(?<string>${string})|(?<name>${quotedName})`,
  'gi',
)

/**
 * The text of a remedy, where names and strings with such characters are written with Unicode escapes: `U&"tab\0009here"`,
 * `E'tab\u0009here'`. Behind a command of psql, which knows neither, it is `'"tab\x09here"'`. Bodies of functions stay.
 */
export function withUnicodeEscapes(remedy: string): string {
  return remedy.replace(token, (found: string, ...rest: unknown[]) => {
    if (found.search(fragile) < 0) return found
    const { comment, command, argument, escapes, string, name } = rest.at(-1) as Groups
    if (comment !== undefined) return visible(comment)
    if (argument !== undefined) {
      const escaped = doubled(argument).replaceAll("'", "''").replace(fragile, asBytes)
      return `${command}'${escaped}'`
    }
    if (escapes !== undefined) return escapes.replace(fragile, inString)
    if (string !== undefined) return `E${doubled(string).replace(fragile, inString)}`
    if (name !== undefined) return `U&${doubled(name).replace(fragile, inName)}`
    return found
  })
}

type Groups = Readonly<
  Record<'command', string> &
    Partial<Record<'comment' | 'argument' | 'escapes' | 'string' | 'name', string>>
>

const doubled = (text: string): string => text.replaceAll('\\', '\\\\')

function hexadecimal(character: string, digits: number): string {
  return (character.codePointAt(0) ?? 0).toString(16).padStart(digits, '0')
}

const inName = (character: string): string =>
  character.length === 1 ? `\\${hexadecimal(character, 4)}` : `\\+${hexadecimal(character, 6)}`

const inString = (character: string): string =>
  character.length === 1 ? `\\u${hexadecimal(character, 4)}` : `\\U${hexadecimal(character, 8)}`

/** psql has an escape for bytes only, which are those of UTF-8. */
const asBytes = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
