/** What the checks said before anything was moved, each with its remedy. */
import type { Inline, Limits, ListItem, Section } from '../document.js'
import { countOf, formatCount, shorten } from '../format.js'
import { kindsOf, type Kind } from '../finding-kinds.js'
import { troubleshootingUrl } from '../links.js'
import type { Finding, Report, Severity } from '../report.js'
import { cut, more, whole } from './cut.js'

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
      `: ${shorten(finding.message, limits.prose)}`,
    ],
    code: finding.remedy === undefined ? undefined : whole(finding.remedy, limits),
  }
}

interface Entry {
  readonly item: ListItem
  /** How many it tells of. */
  readonly findings: number
}

function entriesOf({ shown, rest }: Kind, limits: Limits): Entry[] {
  const entries = shown.map((finding) => ({ item: findingItem(finding, limits), findings: 1 }))
  if (rest.length === 0) return entries
  const count = `… and ${formatCount(rest.length)} more of the same kind, in `
  return [
    ...entries,
    { item: { text: [count, { code: limits.rest }, '.'] }, findings: rest.length },
  ]
}

/** Findings with their remedies, the blocking ones first; null when there are none. */
export function findingsSection(report: Report, limits: Limits): Section | null {
  if (report.findings.length === 0) return null
  const sorted = severities.flatMap((severity) =>
    report.findings.filter((finding) => finding.severity === severity),
  )
  const entries = kindsOf(sorted, limits.ofOneKind).flatMap((kind) => entriesOf(kind, limits))
  const shown = cut(entries, limits).entries
  const told = shown.reduce((sum, { findings }) => sum + findings, 0)
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
      { kind: 'list', items: shown.map(({ item }) => item) },
      ...more(sorted.length - told, 'finding', limits),
    ],
  }
}
