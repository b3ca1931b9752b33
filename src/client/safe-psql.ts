/** Which versions of psql may be given a dump that another server wrote. */

/** First minor of each major that no longer runs commands out of a dump's backslash-unrestrict line (CVE-2026-18408). */
const firstSafeMinor: Readonly<Record<number, number>> = { 14: 24, 15: 19, 16: 15, 17: 11, 18: 6 }

/**
 * Is this psql (`18.6`) safe for a plain dump of a hostile source?
 * Majors before 14 were never mended; majors after 18 were born safe, but for their betas.
 */
export function isSafePsql(version: string): boolean {
  const match = /^(\d+)(?:\.(\d+)|(?:beta|rc)\d+)$/.exec(version)
  if (match === null) return false
  const major = Number(match[1])
  const safeMinor = firstSafeMinor[major]
  if (safeMinor === undefined) return major > 18 && match[2] !== undefined
  return match[2] !== undefined && Number(match[2]) >= safeMinor
}
