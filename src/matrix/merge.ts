/** Puts the reports of a plan and of its matrix jobs together into one. Any doubt fails it. */
import type { Finding, JobReport, Report, ReportedError } from '../report/index.js'
import { startDatabaseReport, startReport } from '../report/index.js'
import { withUnicodeEscapes } from '../report/unicode-escapes.js'
import { lostDifferences, lostFinding, type ToldLost } from '../roles/index.js'
import type { FoundReport } from './find-reports.js'
import { findLostRoles } from './lost-roles.js'
import { sortReports, type Problem, type SortedReports } from './sort-reports.js'

/** One report for all. Never throws: what is missing, damaged, foreign or there twice is told in it. */
export function mergeReports(found: readonly FoundReport[], now: Date): Report {
  const sorted = sortReports(found)
  const { plan, jobs, problems } = sorted
  if (plan === undefined) {
    return { ...startReport('upgrade', now), error: errorOf(problems) }
  }
  const parts = [plan, ...jobs.values()]
  const started = Math.min(...parts.map(({ startedAt }) => Date.parse(startedAt)))
  const ended = Math.max(
    ...parts.map(
      ({ startedAt, durationSeconds }) => Date.parse(startedAt) + durationSeconds * 1000,
    ),
  )
  const databases = databasesOf(sorted)
  const jobReports = plan.plan.jobs.map((planned) => jobReport(planned, jobs.get(planned.job)))
  const lost = findLostRoles(plan, [...jobs.values()])
  const hasPassed =
    problems.length === 0 &&
    lost === undefined &&
    parts.every(({ result }) => result === 'passed') &&
    databases.every(({ result }) => result === 'passed')
  return {
    ...startReport(plan.plan.mode, new Date(started)),
    result: hasPassed ? 'passed' : 'failed',
    durationSeconds: (ended - started) / 1000,
    source: plan.source,
    target: plan.target,
    client: [...jobs.values()].find(({ client }) => client !== null)?.client ?? null,
    findings: [
      ...distinct(parts.flatMap(({ findings }) => findings)),
      ...(lost === undefined ? [] : [findingOf(lost)]),
    ],
    // What was carried over serves this comparison alone.
    roles: plan.roles && { ...plan.roles, carriedOver: undefined },
    databases,
    differences: [
      ...parts.flatMap(({ differences }) => differences),
      ...(lost === undefined ? [] : lostDifferences(lost)),
    ],
    settings: plan.settings,
    phases: parts.flatMap(({ phases }) => phases),
    error: errorOf([...problems, ...failuresOf(sorted)]),
    jobs: jobReports,
  }
}

function findingOf(lost: ToldLost): Finding {
  const { remedy = '', ...finding } = lostFinding(lost)
  return { ...finding, remedy: withUnicodeEscapes(remedy) }
}

/** In the order of the plan, those first that a job has reported; what nobody reported is skipped. */
function databasesOf({ plan, jobs }: SortedReports): Report['databases'] {
  const planned = plan?.plan.jobs ?? []
  return planned.flatMap(({ job, databases }) => {
    const reported = jobs.get(job)?.databases ?? []
    const missing = databases.filter((name) => !reported.some((database) => database.name === name))
    return [...reported, ...missing.map((name) => startDatabaseReport(name, null))]
  })
}

function jobReport(
  { job, databases, bytes }: { job: number; databases: readonly string[]; bytes: number },
  report: Report | undefined,
): JobReport {
  return {
    job,
    databases: databases.length,
    bytes,
    result: report?.result ?? 'skipped',
    startedAt: report?.startedAt ?? null,
    durationSeconds: report?.durationSeconds ?? null,
  }
}

/** What ended the plan or a job before its databases could be told one by one. */
function failuresOf({ plan, jobs }: SortedReports): Problem[] {
  const parts: [string, Report | undefined][] = [
    ['The plan', plan],
    ...[...jobs].map(([job, report]): [string, Report] => [`Job ${job}`, report]),
  ]
  return parts.flatMap(([who, report]) => {
    const error = report?.error
    if (error === null || error === undefined) return []
    return [{ code: error.code, message: `${who}: ${error.message}`, hint: error.hint }]
  })
}

function errorOf(problems: readonly Problem[]): ReportedError | null {
  const [first] = problems
  if (first === undefined) return null
  return {
    code: first.code,
    message: problems.map(({ message }) => message).join('\n'),
    hint: first.hint,
  }
}

/** Every job looks at the servers as a whole: what all of them found is told once. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()]
}
