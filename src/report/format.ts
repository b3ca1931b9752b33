/** Figures and hostile text as people read them: durations, sizes, counts, and names without a hidden character. */
import prettyBytes from 'pretty-bytes'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const twoDigits = (value: number): string => String(value).padStart(2, '0')

function wholeDuration(seconds: number): string {
  if (seconds < MINUTE) return `${seconds} s`
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ${twoDigits(seconds % MINUTE)} s`
  if (seconds < DAY) {
    return `${Math.floor(seconds / HOUR)} h ${twoDigits(Math.floor((seconds % HOUR) / MINUTE))} min`
  }
  return `${Math.floor(seconds / DAY)} d ${twoDigits(Math.floor((seconds % DAY) / HOUR))} h`
}

/** A duration in seconds as `40 ms`, `3.2 s`, `12 min 05 s`, `1 h 02 min` or `2 d 03 h`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return 'unknown'
  if (seconds === 0) return '0 s'
  if (seconds < 0.9995) return `${Math.max(1, Math.round(seconds * 1000))} ms`
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  return wholeDuration(Math.round(seconds))
}

/** A duration that is only known roughly: `45 s`, `3.5 min`, `14 min`, `2.5 h`. */
export function formatRoughly(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return 'unknown'
  const figure = (value: number): number => Number(value.toFixed(value < 9.95 ? 1 : 0))
  if (seconds < 2 * MINUTE) return `${figure(seconds)} s`
  return seconds < 2 * HOUR ? `${figure(seconds / MINUTE)} min` : `${figure(seconds / HOUR)} h`
}

/** A size in bytes as `1.2 GB` (powers of ten). */
export function formatBytes(bytes: number): string {
  return Number.isFinite(bytes) ? prettyBytes(bytes, { maximumFractionDigits: 1 }) : 'unknown'
}

/** A whole number with thousands separators: `12,345`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** `no findings`, `1 finding`, `12,345 findings`. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${count === 0 ? 'no' : formatCount(count)} ${count === 1 ? singular : plural}`
}

/** The first `most` of several names, and the number of the rest: `a, b and 1,203 more`. */
export function listed(names: readonly string[], most: number): string {
  const rest = names.length - most
  return `${names.slice(0, most).join(', ')}${rest > 0 ? ` and ${formatCount(rest)} more` : ''}`
}

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * The text with every character that cannot be seen, or that changes how others are seen (control, bidirectional,
 * zero-width, lone surrogates), written out as `\n` or `\u{202e}`, so that a name is never taken for another.
 */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) =>
      shortEscapes[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}

/** The lines of a message, each without hidden characters. */
export function linesOf(text: string): string[] {
  return text.split(/\r?\n/).map((line) => visible(line.replaceAll('\t', '    ')))
}

/** An ISO 8601 time as `2026-11-22 02:00:00 UTC`. */
export function moment(iso: string): string {
  return iso.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d+)?Z$/, '$1 $2 UTC')
}

/** What one entry of a log, or one text of the report, may hold: many names, but not whatever a server sends. */
export const longestEntry = 20_000

/** Where a text says what more is to be read. None is long, whatever a server has sent. */
const pointers =
  /(?:\b[Ss]ee )?(?:https:\/\/[\w./-]{1,100}\/)?\bdocs\/[\w-]{1,40}\.md(?:#[\w-]{1,60})?\.?/g

/** The text cut to `characters`, with a word on how much is missing, and with its last pointer to the documentation. */
export function shorten(text: string, characters: number): string {
  if (text.length <= characters) return text
  const kept = text.slice(0, characters).replace(/[\uD800-\uDBFF]$/, '')
  const missing = (count: number) => `… (${formatCount(count)} more characters)`
  const last = [...text.matchAll(pointers)].at(-1)
  if (last === undefined || last.index + last[0].length <= kept.length) {
    return `${kept}${missing(text.length - kept.length)}`
  }
  const [pointer] = last
  const before = kept.slice(0, last.index)
  const left = text.length - before.length - pointer.length
  return left === 0 ? text : `${before.trimEnd()}${missing(left)} ${pointer}`
}
