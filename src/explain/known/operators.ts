/** Errors about operators whose commutator or negator belongs to another one. */
import type { KnownError } from './known-error.js'

const pattern =
  /^(?:commutator|negator) operator .* is already the (?:commutator|negator) of operator/

/** Errors about such operators, with what they mean: first those that CREATE EXTENSION makes, then those of users. */
export const operatorErrors: readonly KnownError[] = [
  {
    pattern,
    when: /^CREATE EXTENSION (?:IF NOT EXISTS )?("(?:[^"]|"")*"|[^\s";]+)/i,
    side: 'target',
    cause:
      "The extension's own script gives an operator a commutator or negator that belongs to another one, which 17 and the minors of November 2026 refuse.",
    remedy: (_match, around) =>
      `Install a newer build of the extension ${around?.[1] ?? ''} on the target, with which CREATE EXTENSION passes in an empty database there. Nothing on the source has to be changed.`,
    heading: 'operator-link',
  },
  {
    pattern,
    cause:
      'An operator of the source was created with a commutator or negator that belongs to another operator.',
    remedy: 'Create it again without on the source; "mode: check" says how.',
    heading: 'operator-link',
  },
]
