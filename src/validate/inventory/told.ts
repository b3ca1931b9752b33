/** What a difference shows of facts that may hold a secret: for `told` of a kind. What is compared are the values themselves. */
import { toldOption } from '../../telling/foreign-options.js'
import { isConfidentialName } from '../../telling/secrets.js'
import { notShown, toldSetting } from '../../telling/settings.js'

/** Where a fact is called `settings`: an application's own are shown by their names alone. */
export function toldSettings(fact: string, value: unknown): unknown {
  if (fact !== 'settings' || !Array.isArray(value)) return value
  return value.map((setting: unknown) => toldSetting(String(setting)))
}

/** Options of what is foreign: those of which nobody knows that they are harmless are shown by their names alone. */
export function toldOptions(fact: string, value: unknown): unknown {
  if (!/^(?:foreign )?options$/.test(fact) || !Array.isArray(value)) return value
  return value.map((option: unknown) => toldOption(String(option)))
}

/** A default that can be a secret is not shown, where the name of what has it speaks of one; `false`, `0` and `now()` are none. */
export function toldDefault(fact: string, value: unknown, object: string): unknown {
  const mayBeSecret = /^defaults?$/.test(fact) && typeof value === 'string' && /'|\d{4}/.test(value)
  return mayBeSecret && isConfidentialName(object) ? notShown : value
}
