/**
 * The mark by which a later run knows a freeze from a database that somebody made read-only on purpose. PostgreSQL takes
 * every beginning of `true` and of `yes`, and its catalogs keep the word as it was written. People write on, true or
 * yes; a freeze writes one of the words below, and with it says what was there before. So the mark comes and goes with
 * the setting itself, and an ordinary owner may leave it; a setting of our own may only be made by a superuser.
 */

/** What a freeze sets for databases, and for roles in them. */
export const readOnlySetting = 'default_transaction_read_only'

/** A freeze where nothing was set before. */
const overNothing = 'tru'
/** A freeze where it was off before. */
const overOff = 'ye'

/** The value that freezes what was not read-only before. */
export function freezingValue(before: string | null): string {
  return before === null ? overNothing : overOff
}

/** Whether a value makes read-only: PostgreSQL reads beginnings of `false` and `no`, `of`, `off` and `0` as off. */
export function isReadOnly(value: string): boolean {
  return !/^(?:f(?:a(?:l(?:se?)?)?)?|no?|off?|0)$/i.test(value.trim())
}

/** Whether a value was set by a freeze. */
export function isFreezing(value: string): boolean {
  return value === overNothing || value === overOff
}

/** The value before a freeze, null where there was none; any other value is its own. */
export function valueBeforeFreeze(value: string): string | null {
  if (value === overNothing) return null
  return value === overOff ? 'off' : value
}

/** The settings of a database as they were before a freeze: SQL that takes and returns an array of `name=value`. */
export function settingsBeforeFreezeSql(settings: string): string {
  const [frozenOverNothing, frozenOverOff, off] = [overNothing, overOff, 'off'].map(
    (value) => `'${readOnlySetting}=${value}'`,
  )
  return `pg_catalog.array_replace(pg_catalog.array_remove(${settings}, ${frozenOverNothing}), ${frozenOverOff}, ${off})`
}
