/** Tells which report is the plan's and which are its jobs', and what is wrong with the others. */
import type { PlannedJob, PlanReport, Report } from '../report/index.js'
import type { FoundReport } from './find-reports.js'

export interface Problem {
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
}

export interface SortedReports {
  readonly plan: (Report & { readonly plan: PlanReport }) | undefined
  /** By the number of the job. */
  readonly jobs: ReadonlyMap<number, Report>
  readonly problems: readonly Problem[]
}

type Readable = Extract<FoundReport, { report: Report }>

const hints: Readonly<Record<string, string>> = {
  'plan-missing': 'Upload the report of the job with "mode: plan", and name it in "reports".',
  'report-missing':
    'Let every job of the matrix upload its report, even when it fails (if: always()), and run the jobs that did not again. If no job has run, look for "Skip output \'matrix\'" among the annotations of the plan: a secret is a part of that output.',
  'report-damaged': 'Run that job again, and upload its report as a whole.',
  'report-foreign': 'Name the reports of one plan only, each in a folder of its own.',
  'report-duplicate':
    'Let a job that is run again overwrite what it has uploaded before, so that each job has one report.',
}

const noPlan: Problem = {
  code: 'plan-missing',
  message: 'Among the reports is none of a plan, so nobody knows what was to be moved.',
  hint: hints['plan-missing'],
}

/** What ended a plan before it had packed the databases into jobs, such as a blocking finding. */
function planFailure(readable: readonly Readable[]): Problem | undefined {
  const error = readable.find(({ report }) => report.mode === 'plan')?.report.error
  if (error === null || error === undefined) return undefined
  return { code: error.code, message: `The plan: ${error.message}`, hint: error.hint }
}

/** Sorts what was found; each problem names the file or the job. */
export function sortReports(found: readonly FoundReport[]): SortedReports {
  const problems: Problem[] = []
  const tell = (code: string, message: string) => {
    problems.push({ code, message, hint: hints[code] })
  }
  for (const file of found) {
    if ('damage' in file) tell('report-damaged', `${file.where} cannot be used: ${file.damage}.`)
  }
  const readable = found.filter((file): file is Readable => 'report' in file)
  const [first, ...others] = readable.filter(({ report }) => report.plan !== undefined)
  if (first?.report.plan === undefined) {
    problems.push(planFailure(readable) ?? noPlan)
    return { plan: undefined, jobs: new Map(), problems }
  }
  const plan = { ...first.report, plan: first.report.plan }
  for (const { where, report } of others) {
    if (report.plan?.id === plan.plan.id) {
      tell('report-duplicate', `The plan has two reports: ${first.where} and ${where}.`)
    } else {
      tell('report-foreign', `There are two plans: ${first.where} and ${where}.`)
    }
  }
  const jobs = new Map<number, Report>()
  const places = new Map<number, string>()
  for (const { where, report } of readable) {
    if (report.plan !== undefined) continue
    const foreign = foreignBecause(plan, report)
    const job = report.part?.job ?? 0
    const before = places.get(job)
    if (foreign !== undefined) {
      tell('report-foreign', `${where} is not of this plan: ${foreign}.`)
    } else if (before !== undefined) {
      tell('report-duplicate', `Job ${job} has two reports: ${before} and ${where}.`)
    } else {
      jobs.set(job, report)
      places.set(job, where)
    }
  }
  for (const planned of plan.plan.jobs) {
    const report = jobs.get(planned.job)
    if (report === undefined) {
      tell(
        'report-missing',
        `Job ${planned.job} has no report: nothing is known of ${namesOf(planned)}.`,
      )
    } else {
      const odd = oddDatabases(planned, report)
      if (odd === undefined) continue
      tell('report-damaged', `${places.get(planned.job) ?? ''} is not what was planned: ${odd}.`)
    }
  }
  return { plan, jobs, problems }
}

function foreignBecause(plan: Report & { readonly plan: PlanReport }, report: Report) {
  const { id, mode, jobs } = plan.plan
  if (report.part === undefined) return 'its run was not given the input "plan"'
  if (report.part.plan !== id) return `it belongs to the plan ${report.part.plan}`
  if (!jobs.some(({ job }) => job === report.part?.job)) return `there is no job ${report.part.job}`
  if (report.mode !== mode) return `its mode is ${report.mode}, and the plan is for ${mode}`
  for (const side of ['source', 'target'] as const) {
    const [planned, there] = [plan[side]?.host, report[side]?.host]
    if (there !== undefined && planned !== there) {
      return `its ${side} is ${there}, and the plan's is ${planned ?? 'unknown'}`
    }
  }
  return undefined
}

/** A run that ended early need not tell of every database; of no other may it tell, and of none twice. */
function oddDatabases(planned: PlannedJob, { databases, error }: Report): string | undefined {
  const names = databases.map(({ name }) => name)
  const unplanned = names.find((name) => !planned.databases.includes(name))
  if (unplanned !== undefined) return `it tells of ${JSON.stringify(unplanned)}`
  if (new Set(names).size !== names.length) return 'it tells of one database twice'
  const missing = planned.databases.find((name) => !names.includes(name))
  if (missing === undefined || error !== null) return undefined
  return `it does not tell of ${JSON.stringify(missing)}`
}

function namesOf({ databases }: PlannedJob): string {
  return databases.map((name) => JSON.stringify(name)).join(', ')
}
