/** Which versions of PostgreSQL know the mark that the server itself puts on columns. */

/**
 * A server of these minors, and of later ones, writes `pg_attver=…` into the options of every column that it makes; its
 * pg_dump leaves that out, and one from before writes it as an option of the user. They were released on the same day;
 * 15.20 and 17.12 have been seen to do so.
 */
const firstMinor: Readonly<Record<number, number>> = { 14: 25, 15: 20, 16: 16, 17: 12, 18: 7 }

/** Does this version (`18.6`) know the mark? Majors before 14 were released for the last time before it. */
export function knowsColumnVersions(version: string): boolean {
  const match = /^(\d+)\.(\d+)/.exec(version)
  if (match === null) return false
  const [major, minor] = [Number(match[1]), Number(match[2])]
  const first = firstMinor[major]
  return first === undefined ? major > 18 : minor >= first
}
