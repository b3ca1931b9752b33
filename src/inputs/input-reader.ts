/** Reads single inputs by kind and collects every problem, so that all of them can be told at once. */
import type { InputProblem } from '../errors.js'

export interface InputReader {
  /** Trimmed text; undefined where nothing was given. */
  readonly text: (name: string) => string | undefined
  /** As it is, but for one line break at the end, which a secret that was pasted from a file has; undefined where nothing was given. */
  readonly secret: (name: string) => string | undefined
  readonly required: (name: string) => string
  /** YAML 1.2's booleans and nothing else: a `yes` that silently means false has cost people a night. */
  readonly flag: (name: string, fallback: boolean) => boolean
  readonly choice: <T extends string>(name: string, allowed: readonly T[], fallback: T) => T
  /** `auto` is undefined. */
  readonly count: (name: string) => number | undefined
  /** One item a line. */
  readonly lines: (name: string) => string[]
  /** One item a line or between commas; a comma in braces is part of an item. */
  readonly list: (name: string) => string[]
  readonly refuse: (name: string, message: string) => void
  readonly problems: readonly InputProblem[]
}

/** `read` returns the raw value of an input, white space at either end included, or an empty string. */
export function createInputReader(read: (name: string) => string): InputReader {
  const problems: InputProblem[] = []
  const refuse = (input: string, message: string) => {
    const isTold = problems.some(
      (problem) => problem.input === input && problem.message === message,
    )
    if (!isTold) problems.push({ input, message })
  }
  const text = (name: string) => {
    const value = read(name).trim()
    return value === '' ? undefined : value
  }
  const split = (name: string, separator: RegExp) =>
    (text(name) ?? '')
      .split(separator)
      .map((item) => item.trim())
      .filter((item) => item !== '')
  return {
    problems,
    refuse,
    text,
    secret(name) {
      const value = read(name).replace(/(?:\r\n|\n|\r)$/, '')
      return value === '' ? undefined : value
    },
    required(name) {
      const value = text(name)
      if (value === undefined) {
        refuse(
          name,
          'is required and empty. A secret that does not exist, or that a fork may not read, arrives as an empty text.',
        )
      }
      return value ?? ''
    },
    flag(name, fallback) {
      const value = text(name)
      if (value === undefined) return fallback
      if (/^(?:true|True|TRUE)$/.test(value)) return true
      if (/^(?:false|False|FALSE)$/.test(value)) return false
      refuse(name, `${JSON.stringify(value)} is not a boolean; write true or false.`)
      return fallback
    },
    choice(name, allowed, fallback) {
      const value = text(name)
      if (value === undefined) return fallback
      const found = allowed.find((item) => item === value)
      if (found === undefined) {
        refuse(name, `${JSON.stringify(value)} is not one of ${allowed.join(', ')}.`)
      }
      return found ?? fallback
    },
    count(name) {
      const value = text(name)
      if (value === undefined || value === 'auto') return undefined
      const number = Number(value)
      if (/^\d+$/.test(value) && number >= 1 && number <= 1000) return number
      refuse(name, `${JSON.stringify(value)} is neither auto nor a whole number from 1 to 1000.`)
      return undefined
    },
    lines: (name) => split(name, /\r?\n/),
    list: (name) => split(name, /[\r\n]+|,(?![^{}\r\n]*\})/),
  }
}
