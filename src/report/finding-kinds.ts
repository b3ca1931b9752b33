/** Where people read them, findings of one kind are counted beyond a number, so that none hides those of another. */
import type { Finding } from './report.js'

/** Shown of a kind in the log, in an error and in the summary; the page has room for more, and report.json has all. */
export const mostOfOneKind = 20

/** Findings of one check, in one database, of one severity. */
export interface Kind<T extends Finding = Finding> {
  readonly shown: readonly T[]
  readonly rest: readonly T[]
}

/** In the order in which the kinds are first met; at most `most` of each are shown. */
export function kindsOf<T extends Finding>(findings: readonly T[], most: number): Kind<T>[] {
  const kinds = new Map<string, T[]>()
  for (const finding of findings) {
    const { check, database = '', severity } = finding
    const key = JSON.stringify([check, database, severity])
    const kind = kinds.get(key)
    if (kind === undefined) kinds.set(key, [finding])
    else kind.push(finding)
  }
  return [...kinds.values()].map((kind) => ({
    shown: kind.slice(0, most),
    rest: kind.slice(most),
  }))
}
