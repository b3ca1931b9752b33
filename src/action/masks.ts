/** Tells the runner which texts never to show, before anything could print them. */
import * as core from '@actions/core'

/** Masks a password in the forms in which it may appear: as it is, percent-encoded, and each line of it. */
export function maskSecret(secret: string | undefined): void {
  if (secret === undefined || secret === '') return
  const forms = [secret, encodeURIComponent(secret), ...secret.split(/\r?\n/)]
  for (const form of new Set(forms)) if (form !== '') core.setSecret(form)
}
