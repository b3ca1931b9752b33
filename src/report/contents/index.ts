/** Puts together what a report says, most urgent first; every rendering shows these sections in this order. */
import type { Contents, Limits, Mood, Section } from '../document.js'
import type { Report } from '../report.js'
import { databasesSection } from './databases.js'
import { findingsSection } from './findings.js'
import { historySection } from './history.js'
import { jobsSection } from './jobs.js'
import {
  differencesSection,
  driftSection,
  errorsSection,
  ignoredErrorsSection,
  passwordsSection,
} from './problems.js'
import { rolesSection, settingsSection, versionsSection } from './servers.js'
import { tablesSection } from './tables.js'
import { timingsSection } from './timings.js'
import { factsOf } from './verdict.js'

function moodOf(report: Report): Mood {
  if (report.result === 'failed') return 'bad'
  const quiet = report.findings.every((finding) => finding.severity === 'note')
  return quiet ? 'good' : 'attention'
}

/** The verdict and the sections of a report, long lists cut to the limits. */
export function contentsOf(report: Report, limits: Limits): Contents {
  const sections: (Section | null)[] = [
    errorsSection(report, limits),
    differencesSection(report, limits),
    findingsSection(report, limits),
    passwordsSection(report, limits),
    driftSection(report, limits),
    historySection(report, limits),
    jobsSection(report, limits),
    databasesSection(report, limits),
    timingsSection(report, limits),
    tablesSection(report, limits),
    rolesSection(report, limits),
    ignoredErrorsSection(report, limits),
    settingsSection(report, limits),
    versionsSection(report),
  ]
  const facts = factsOf(report)
  return {
    mood: moodOf(report),
    verdict: facts.join(', '),
    facts,
    sections: sections.filter((section) => section !== null),
  }
}
