/** Tells the runner which texts never to show, before anything could print them. */
import * as core from '@actions/core'
import { maskedForms } from '../telling/masked-forms.js'

/** Masks a password in the forms in which it may appear. */
export function maskSecret(secret: string | undefined): void {
  for (const form of maskedForms(secret)) core.setSecret(form)
}
