/** The first line of every rendering: whether it worked, what it was, between which versions, how long, and the counts. */
import { isCompared } from '../compared.js'
import { countOf, formatBytes, formatDuration, formatRoughly } from '../format.js'
import { countDifferences, type Mode, type Report } from '../report.js'

const nouns: Readonly<Record<Mode, string>> = {
  check: 'Check',
  plan: 'Plan',
  rehearse: 'Rehearsal',
  upgrade: 'Upgrade',
  validate: 'Validation',
}

/** What happened to a database that passed; a check does nothing to any. */
const participles: Readonly<Record<Exclude<Mode, 'check' | 'plan'>, string>> = {
  rehearse: 'rehearsed',
  upgrade: 'moved',
  validate: 'compared',
}

function versions(report: Report): string {
  if (report.source === null && report.target === null) return ''
  const name = (version: string | undefined): string => version ?? 'unknown'
  return `: PostgreSQL ${name(report.source?.version)} → ${name(report.target?.version)}`
}

function databases(report: Report): string {
  if (report.mode === 'plan') {
    const planned = report.plan?.jobs.reduce((sum, { databases: { length } }) => sum + length, 0)
    return `${countOf(planned ?? 0, 'database')} in ${countOf(report.plan?.jobs.length ?? 0, 'job')}`
  }
  if (report.mode === 'check') return `${countOf(report.databases.length, 'database')} looked at`
  const all = report.databases.length
  // What differs was compared all the same.
  const done = report.databases.filter((database) =>
    report.mode === 'validate' ? isCompared(database) : database.result === 'passed',
  )
  const known = done.every((database) => database.bytes !== null)
  const bytes = done.reduce((sum, database) => sum + (database.bytes ?? 0), 0)
  const size = known && bytes > 0 ? ` (${formatBytes(bytes)})` : ''
  const count =
    done.length === all ? countOf(all, 'database') : `${done.length} of ${countOf(all, 'database')}`
  return `${count} ${participles[report.mode]}${size}`
}

function findings(report: Report): string {
  const blocking = report.findings.filter((finding) => finding.severity === 'blocking').length
  return `${countOf(report.findings.length, 'finding')}${blocking > 0 ? ` (${blocking} blocking)` : ''}`
}

/** "No differences" is said only of what was compared. */
function differences(report: Report): string {
  const count = countDifferences(report)
  const compared = report.databases.filter(isCompared).length
  if (count > 0 || (compared > 0 && compared === report.databases.length)) {
    return countOf(count, 'difference')
  }
  return compared === 0 ? 'not compared' : `no differences in the ${compared} compared`
}

/** After a rehearsal, how long the real run will take, where there is a forecast. */
function forecast({ mode, history }: Report): string[] {
  if (mode !== 'rehearse' || history?.forecast.kind !== 'forecast') return []
  return [`real run about ${formatRoughly(history.forecast.seconds)}`]
}

/** The verdict piece by piece: what it was and whether it worked, then the figures; without markup. */
export function factsOf(report: Report): string[] {
  return [
    `${nouns[report.mode]} ${report.result}${versions(report)}`,
    `${databases(report)} in ${formatDuration(report.durationSeconds)}`,
    ...(report.mode === 'check' || report.mode === 'plan' ? [] : [differences(report)]),
    findings(report),
    ...forecast(report),
  ]
}

/** What the mode did and did not do, in one sentence; so that nobody takes a rehearsal for an upgrade. */
export function whatWasDone(report: Report): string {
  const published = report.databases.filter((database) => database.result === 'passed').length
  switch (report.mode) {
    case 'check':
      return 'This was a check: it looked at both servers and changed nothing.'
    case 'plan':
      return report.plan?.mode === 'upgrade'
        ? 'This was a plan: no database was moved; the roles were, unless they were skipped.'
        : 'This was a plan: it looked at both servers and changed nothing.'
    case 'rehearse':
      return 'This was a rehearsal: nothing was published on the target.'
    case 'validate':
      return 'This was a validation: both servers were compared as they are, and nothing was changed.'
    case 'upgrade':
      return `${published === 0 ? 'No database was' : countOf(published, 'database')} published on the target. ${whatBecameOfSource(report)}`
  }
}

/** An upgrade writes to the source only to freeze it; whatever stays frozen, or was and is written to again, is a finding. */
function whatBecameOfSource({ findings, error }: Report): string {
  if (findings.some(({ check }) => check === 'source-frozen')) {
    return 'What is read-only on the source, or was, is told under source-frozen.'
  }
  return error?.code === 'cancelled'
    ? 'What the run had frozen on the source, if anything, is released when it clears up.'
    : 'The source is as the run found it.'
}
