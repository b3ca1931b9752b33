/** Where the project's documents are, for texts that are read far away from the repository. */

const TROUBLESHOOTING =
  'https://github.com/upgrade-postgres/upgrade-postgres/blob/main/docs/troubleshooting.md'

/** The heading of one error code in the troubleshooting guide. */
export function troubleshootingUrl(code: string): string {
  return `${TROUBLESHOOTING}#${encodeURIComponent(code)}`
}
