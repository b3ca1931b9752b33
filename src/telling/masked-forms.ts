/** In which forms a runner hides a secret, wherever it reads one of them. */

/** As it is, without blanks around it, percent-encoded, and each line of it. */
export function maskedForms(secret: string | undefined): string[] {
  if (secret === undefined) return []
  const forms = [secret, secret.trim(), encodeURIComponent(secret), ...secret.split(/\r?\n/)]
  return [...new Set(forms)].filter((form) => form !== '')
}
