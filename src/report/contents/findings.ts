/** What the checks said before anything was moved, each with its remedy. */
import type { Inline, Limits, ListItem, Section } from '../document.js'
import { countOf, shorten } from '../format.js'
import { troubleshootingUrl } from '../links.js'
import type { Finding, Report, Severity } from '../report.js'
import { cut, more } from './cut.js'

const severities: readonly Severity[] = ['blocking', 'warning', 'note']

const plurals: Readonly<Record<Severity, string>> = {
  blocking: 'blocking',
  warning: 'warnings',
  note: 'notes',
}

function findingItem(finding: Finding, limits: Limits): ListItem {
  const where: Inline[] = [
    ...(finding.database === undefined ? [] : [' in ', { code: finding.database }]),
    ...(finding.object === undefined
      ? []
      : [' on ', { code: shorten(finding.object, limits.characters) }]),
  ]
  return {
    text: [
      { strong: finding.severity },
      ' ',
      { link: troubleshootingUrl(finding.check), text: finding.check },
      ...where,
      `: ${shorten(finding.message, limits.characters)}`,
    ],
    code: finding.remedy === undefined ? undefined : shorten(finding.remedy, limits.characters),
  }
}

/** Findings with their remedies, the blocking ones first; null when there are none. */
export function findingsSection(report: Report, limits: Limits): Section | null {
  if (report.findings.length === 0) return null
  const sorted = severities.flatMap((severity) =>
    report.findings.filter((finding) => finding.severity === severity),
  )
  const shown = cut(sorted, limits)
  const counts = severities.flatMap((severity) => {
    const count = sorted.filter((finding) => finding.severity === severity).length
    return count === 0 ? [] : [countOf(count, severity, plurals[severity])]
  })
  const worst = sorted[0]?.severity
  return {
    id: 'findings',
    title: `Findings (${counts.join(', ')})`,
    mood: worst === 'blocking' ? 'bad' : worst === 'warning' ? 'attention' : 'plain',
    folded: worst === 'note',
    blocks: [
      { kind: 'list', items: shown.entries.map((finding) => findingItem(finding, limits)) },
      ...more(shown.missing, 'finding', limits),
    ],
  }
}
