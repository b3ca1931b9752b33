/** The inputs `databases` and `exclude-databases`: a JSON array holds names as they are, anything else names and globs. */
import type { DatabaseNames } from '../server/index.js'
import type { InputReader } from './input-reader.js'

/** Reads either input; undefined where nothing was given. */
export function readDatabaseNames(
  reader: InputReader,
  input: 'databases' | 'exclude-databases',
): DatabaseNames | undefined {
  const text = reader.text(input)
  if (text === undefined) return undefined
  const json = readJson(text)
  if (json === undefined) return readList(reader, input)
  if (!isNames(json)) {
    reader.refuse(input, 'is JSON, but no array of names like ["shop", "crm"].')
    return undefined
  }
  // Nothing to leave out is as good as no input; nothing to move is a slip.
  if (json.length === 0 && input === 'databases')
    reader.refuse(input, 'is an empty array; name a database.')
  return { items: json, areNames: true }
}

function isNames(json: unknown): json is string[] {
  return Array.isArray(json) && json.every((name) => typeof name === 'string')
}

/** Undefined where it is not meant as JSON; null where it is, and broken. */
function readJson(text: string): unknown {
  if (!/^[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return /^[[{]\s*"/.test(text) ? null : undefined
  }
}

function readList(reader: InputReader, input: string): DatabaseNames {
  const items = reader.list(input)
  for (const item of items.filter(hasLooseBracket)) {
    reader.refuse(
      input,
      `${JSON.stringify(item)} has a bracket without its counterpart; several names are written as shop, crm or {shop,crm}, and a name with such a character in a JSON array: ["a[b"].`,
    )
  }
  return { items, areNames: false }
}

function hasLooseBracket(item: string): boolean {
  return /[[\]{}]/.test(item.replaceAll(/\[[^\]]*\]/g, '').replaceAll(/\{[^{}]*\}/g, ''))
}
