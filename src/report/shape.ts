/** What a value that was read from JSON has to look like, put together from small checks. */
export type Check = (value: unknown) => boolean

export const text: Check = (value) => typeof value === 'string'
export const figure: Check = (value) => typeof value === 'number' && Number.isFinite(value)
export const yesOrNo: Check = (value) => typeof value === 'boolean'
export const moment: Check = (value) => text(value) && !Number.isNaN(Date.parse(String(value)))
const nothing: Check = (value) => value === null
const absent: Check = (value) => value === undefined
const either =
  (...checks: Check[]): Check =>
  (value) =>
    checks.some((check) => check(value))
export const orNull = (check: Check) => either(check, nothing)
export const optional = (check: Check) => either(check, absent)
export const oneOf =
  (...words: string[]): Check =>
  (value) =>
    words.includes(value as string)
export const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
export const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]))
/** Any number of fields with names of their own. */
export const record =
  (check: Check): Check =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(check)
