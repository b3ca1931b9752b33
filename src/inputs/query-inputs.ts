/** The queries of `validation-queries`, out of the input itself or of the file that it names. */
import { existsSync, readFileSync } from 'node:fs'
import { messageOf } from '../errors.js'
import { splitQueries, whyRefused, type ValidationQuery } from '../validate/index.js'
import type { InputReader } from './input-reader.js'

const name = 'validation-queries'

/** Where the input is empty there are none; what is given holds at least one. */
export function readQueries(reader: InputReader): ValidationQuery[] {
  const value = reader.text(name)
  if (value === undefined) return []
  const isPath = !/\s/.test(value)
  const script = isPath ? readScript(reader, value) : value
  if (script === undefined) return []
  const queries = splitQueries(script)
  if (queries.length === 0) {
    const what = isPath ? `the file ${JSON.stringify(value)}` : 'what is given'
    reader.refuse(
      name,
      `${what} holds no query; write one, or leave the input empty where nothing is to be asked.`,
    )
  }
  for (const { sql } of queries) {
    const reason = whyRefused(sql)
    if (reason !== undefined) reader.refuse(name, `must not hold ${reason}.`)
  }
  return queries
}

function readScript(reader: InputReader, path: string): string | undefined {
  const file = JSON.stringify(path)
  if (!existsSync(path)) {
    reader.refuse(
      name,
      `there is no file ${file}; give SQL or the path of a file that the job has checked out.`,
    )
    return undefined
  }
  const bytes = readBytes(reader, path)
  if (bytes === undefined) return undefined
  const text = asText(bytes)
  if (text === undefined) {
    reader.refuse(name, `the file ${file} is not UTF-8 text; save it as UTF-8.`)
  }
  return text
}

function readBytes(reader: InputReader, path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    reader.refuse(
      name,
      `${JSON.stringify(path)} is not a file that can be read: ${messageOf(error)}; give SQL or the path of a file that the job has checked out.`,
    )
    return undefined
  }
}

/** UTF-16 without a mark at its beginning may be valid UTF-8, but then it has zero bytes, which no query can have. */
function asText(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
