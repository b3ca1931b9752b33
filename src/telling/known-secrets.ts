/** The secrets of this run: a server that has been given one can say it, in any text. */
import { maskedForms } from './masked-forms.js'

/** A shorter one may be a part of any word. */
const shortest = 8

const forms = new Set<string>()

/** From now on no text of a server or tool is told with it. */
export function keepSecret(secret: string | undefined): void {
  if (secret === undefined) return
  const inBase64 = Buffer.from(secret).toString('base64').replace(/=+$/, '')
  for (const form of [...maskedForms(secret), ...(secret.length < shortest ? [] : [inBase64])]) {
    if (form.length >= shortest) forms.add(form)
  }
}

/** The text with asterisks in the place of the secrets that are kept. */
export function withoutKnownSecrets(text: string): string {
  // One may be a part of another.
  return [...forms]
    .sort((one, other) => other.length - one.length)
    .reduce((left, form) => left.replaceAll(form, '***'), text)
}
