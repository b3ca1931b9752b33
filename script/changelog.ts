/** What a release does to CHANGELOG.md. */

const unreleased = /^## \[Unreleased\]\n([^]*?)(?=^## |(?![^]))/m
const released = /^## \[(\d+\.\d+\.\d+)\]/gm

/** The changelog with the heading of the new version, and the notes of that version. */
export interface Released {
  readonly changelog: string
  readonly notes: string
}

/** Gives what is unreleased the heading of a version. Throws when that version cannot be released. */
export function releaseChangelog(changelog: string, version: string, date: string): Released {
  if (!/^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}$/.test(version)) {
    throw new Error(`"${version}" is no version: write it as 1.2.3.`)
  }
  const [newest] = [...changelog.matchAll(released)].map(([, name = '']) => name)
  if (newest !== undefined && !isNewer(version, newest)) {
    throw new Error(`${version} is not newer than ${newest}, the newest version in CHANGELOG.md.`)
  }
  const notes = unreleased.exec(changelog)?.[1]?.trim() ?? ''
  if (!/^- \S/m.test(notes)) {
    throw new Error(
      'CHANGELOG.md says nothing under "## [Unreleased]": there is nothing to release.',
    )
  }
  const heading = `## [Unreleased]\n\n## [${version}] - ${date}\n\n${notes}\n\n`
  return { changelog: `${changelog.replace(unreleased, () => heading).trimEnd()}\n`, notes }
}

function isNewer(version: string, than: string): boolean {
  const parts = (text: string) => text.split('.').map(Number)
  const [a, b] = [parts(version), parts(than)]
  const different = a.findIndex((part, index) => part !== b[index])
  return different !== -1 && (a[different] ?? 0) > (b[different] ?? 0)
}
