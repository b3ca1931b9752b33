/** The jobs of a matrix: what each is to move, or how each fared. */
import { figures, words, type Limits, type Section, type Text } from '../document.js'
import { formatCount } from '../format.js'
import type { JobReport, PlannedJob, Report } from '../report.js'
import { durationCell, NONE, sizeCell } from './cells.js'
import { cut, more } from './cut.js'
import { nameList } from './names.js'

/** The plan's jobs with their databases, or the jobs of a merged report; null where there is no matrix. */
export function jobsSection({ plan, jobs }: Report, limits: Limits): Section | null {
  if (plan !== undefined) return plannedSection(plan.jobs, limits)
  return jobs === undefined ? null : reportedSection(jobs, limits)
}

function plannedSection(jobs: readonly PlannedJob[], limits: Limits): Section {
  const shown = cut(jobs, limits)
  return {
    id: 'jobs',
    title: 'What each job is to move',
    mood: 'plain',
    folded: false,
    blocks: [
      {
        kind: 'table',
        columns: [figures('Job'), figures('Databases'), figures('Size'), words('Names')],
        rows: shown.entries.map(({ job, databases, bytes }): Text[] => [
          [String(job)],
          [formatCount(databases.length)],
          sizeCell(bytes),
          nameList('', databases, limits)[0]?.text.slice(1) ?? NONE,
        ]),
      },
      ...more(shown.missing, 'job', limits),
    ],
  }
}

const marks: Readonly<Record<JobReport['result'], string>> = {
  passed: '✅ passed',
  failed: '❌ failed',
  skipped: '⏭️ no report',
}

function reportedSection(jobs: readonly JobReport[], limits: Limits): Section {
  const shown = cut(jobs, limits)
  return {
    id: 'jobs',
    title: 'Jobs',
    mood: 'plain',
    folded: false,
    blocks: [
      {
        kind: 'table',
        columns: [
          figures('Job'),
          words('Result'),
          figures('Databases'),
          figures('Size'),
          figures('Duration'),
        ],
        rows: shown.entries.map(({ job, result, databases, bytes, durationSeconds }): Text[] => [
          [String(job)],
          [marks[result]],
          [formatCount(databases)],
          sizeCell(bytes),
          durationCell(durationSeconds),
        ]),
      },
      ...more(shown.missing, 'job', limits),
    ],
  }
}
