/** The secrets of this run: a server that has been given one can say it, in any text. */
import { maskedForms } from './masked-forms.js'
import { wordsOfServers } from './words-of-servers.js'

/** A shorter one may be a part of any word. */
const shortest = 8

/** The longest first: one may be a part of another. What was a secret once stays one, whatever runs next in this process. */
let forms: readonly string[] = []

/**
 * From now on no text of a server or tool is told with it, unless it is a part of what is told anyway: of a word by which an
 * error is recognised, or of one of the names that the connection has.
 */
export function keepSecret(secret: string | undefined, names: readonly string[] = []): void {
  if (secret === undefined) return
  const inBase64 = Buffer.from(secret).toString('base64').replace(/=+$/, '')
  const added = [...maskedForms(secret), ...(secret.length < shortest ? [] : [inBase64])].filter(
    (form) => form.length >= shortest && !isToldAnyway(form, names),
  )
  forms = [...new Set([...forms, ...added])].sort((one, other) => other.length - one.length)
}

function isToldAnyway(form: string, names: readonly string[]): boolean {
  const plain = form.toLowerCase()
  return (
    wordsOfServers.some((word) => word.includes(plain)) || names.some((name) => name.includes(form))
  )
}

/** The text with asterisks in the place of the secrets that are kept. */
export function withoutKnownSecrets(text: string): string {
  return forms.reduce((left, form) => left.replaceAll(form, '***'), text)
}
