/** What may be told of a text that a server has a say in: in the log, in the report, and in the files that are left. */
import { shorten } from '../report/format.js'
import { withoutKnownSecrets } from './known-secrets.js'
import { withoutRows } from './rows.js'
import { withoutSecrets } from './secrets.js'

/** Of one text of a server, and of one line of a tool. What explains an error is at its beginning. */
const mostCharacters = 4000

/** Of all the lines of a message: a function's body, which is repeated with an error, may have very many. */
const mostOfMessage = 100_000

/** The text cut to a length that a log bears, without the values of rows and without the passwords that can be recognised. */
export function tellable(text: string): string {
  return tellableLines(shorten(withoutKnownSecrets(text), mostCharacters))
}

/** The same for a message of many lines, each of which is cut, and all of them at last. */
export function tellableLines(text: string): string {
  // Before anything is cut: a part of a secret is not recognised.
  const lines = withoutKnownSecrets(text)
    .split('\n')
    .map((line) => shorten(line, mostCharacters))
  return withoutSecrets(withoutRows(shorten(lines.join('\n'), mostOfMessage)))
}
