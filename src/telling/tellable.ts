/** What may be told of a text that a server has a say in: in the log, in the report, and in the files that are left. */
import { withoutRows } from './rows.js'
import { withoutSecrets } from './secrets.js'

/** The text without the values of rows and without the passwords that can be recognised. */
export function tellable(text: string): string {
  return withoutSecrets(withoutRows(text))
}
