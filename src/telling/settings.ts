/** Which settings are told without their values: applications keep their secrets in parameters of their own. */
import { isConfidentialName } from './secrets.js'

export interface NamedValue {
  readonly name: string
  readonly value: string
}

/** Splits `name=value` as the catalogs hold it. */
export function parseSetting(text: string): NamedValue {
  const separator = text.indexOf('=')
  return { name: text.slice(0, separator), value: text.slice(separator + 1) }
}

/** What stands in place of a value. */
export const notShown = '(not shown)'

/** True for a parameter of an application or extension (`app.jwt_secret`), and for whatever is called like a secret. */
export function isConfidentialSetting(name: string): boolean {
  return name.includes('.') || (isConfidentialName(name) && !/password/i.test(name))
}

/** `name=value`, without the value where that is confidential. */
export function toldSetting(setting: string): string {
  const [name = ''] = setting.split('=')
  return isConfidentialSetting(name) ? `${name}=${notShown}` : setting
}

/** What a server says of a setting, without its value where that is confidential. */
export function withoutValue(text: string, { name, value }: NamedValue): string {
  if (!isConfidentialSetting(name)) return text
  // A value of very few characters is no secret, and may be part of any word.
  const left = value.length < 4 ? text : text.replaceAll(value, '…')
  return left.replace(
    /(\binvalid value for parameter "[^"]*": )"[\s\S]*?(?:"(?= \(SQLSTATE|$)|$)/,
    '$1"…"',
  )
}
