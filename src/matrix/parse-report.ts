/** Reads a report.json that another job has written, and believes nothing that it cannot see. */
import type { Report, TableReport } from '../report/index.js'
import {
  figure,
  list,
  moment,
  oneOf,
  optional,
  orNull,
  shape,
  text,
  yesOrNo,
  type Check,
} from '../report/shape.js'

const server = shape({ version: text, host: text, provider: text })
const phase = shape({
  name: text,
  side: text,
  startedAt: moment,
  durationSeconds: orNull(figure),
  bytes: optional(figure),
})
const difference = shape({ kind: text, object: text, source: orNull(text), target: orNull(text) })
const rolePart = shape({
  role: text,
  isRole: yesOrNo,
  needs: list(text),
  what: text,
  statement: text,
  isSecret: yesOrNo,
  replaces: optional(text),
})
const error = shape({ code: text, message: text, hint: optional(text) })

const database = shape({
  name: text,
  result: oneOf('passed', 'failed', 'skipped'),
  method: orNull(shape({ name: text, why: text })),
  jobs: orNull(figure),
  bytes: orNull(figure),
  startedAt: orNull(moment),
  durationSeconds: orNull(figure),
  phases: list(phase),
  spans: list(
    shape({
      worker: figure,
      kind: text,
      object: text,
      startedAt: moment,
      durationSeconds: figure,
      bytes: optional(figure),
    }),
  ),
  tables: list(
    shape({
      schema: text,
      name: text,
      sourceRows: orNull(figure),
      targetRows: orNull(figure),
      equal: yesOrNo,
      checksum: orNull(shape({ source: text, target: text })),
      bytes: optional(figure),
      seconds: optional(figure),
    }),
  ),
  differences: list(difference),
  ignoredErrors: list(shape({ message: text, why: text, count: figure })),
  drift: orNull(shape({ tables: list(shape({ table: text, rows: figure })) })),
  error: orNull(error),
})

/** Every field that the renderings and the merge look at. */
const fields: Readonly<Record<string, Check>> = {
  version: (value) => value === 1,
  mode: oneOf('check', 'rehearse', 'upgrade', 'validate', 'plan'),
  result: oneOf('passed', 'failed'),
  startedAt: moment,
  durationSeconds: figure,
  source: orNull(server),
  target: orNull(server),
  client: orNull(
    shape({
      version: text,
      path: text,
      from: text,
      why: optional(text),
      durationSeconds: optional(figure),
    }),
  ),
  findings: list(
    shape({
      check: text,
      severity: oneOf('blocking', 'warning', 'note'),
      database: optional(text),
      object: optional(text),
      message: text,
      remedy: optional(text),
    }),
  ),
  roles: orNull(
    shape({
      created: list(text),
      altered: list(text),
      kept: list(text),
      skipped: list(shape({ role: text, reason: text })),
      withoutPassword: list(text),
      withMd5Password: optional(list(text)),
      carriedOver: optional(list(rolePart)),
      lacking: optional(list(rolePart)),
    }),
  ),
  databases: list(database),
  differences: list(difference),
  settings: list(shape({ name: text, source: orNull(text), target: orNull(text), note: text })),
  phases: list(phase),
  error: orNull(error),
  part: optional(shape({ plan: text, job: figure })),
  plan: optional(
    shape({
      id: text,
      mode: oneOf('rehearse', 'upgrade'),
      roles: text,
      jobs: list(shape({ job: figure, databases: list(text), bytes: figure })),
    }),
  ),
}

/** Throws an error that says in a few words what is wrong. */
export function parseReport(content: string): Report {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch {
    throw new Error('it is no JSON, or only the beginning of it')
  }
  if (typeof value !== 'object' || value === null) throw new Error('it is no report')
  const given = value as Record<string, unknown>
  const wrong = Object.entries(fields).find(([name, check]) => !check(given[name]))
  if (wrong !== undefined) throw new Error(`it is no report of version 1: see "${wrong[0]}"`)
  const report = value as Report
  if (report.result === 'passed' && !canHavePassed(report)) {
    throw new Error('it says "passed" and holds something that has not')
  }
  return report
}

/** A run connects to both servers, ends with a blocking finding, and fails with a database or a difference. */
function canHavePassed({ error, source, target, findings, ...report }: Report): boolean {
  return (
    error === null &&
    source !== null &&
    target !== null &&
    findings.every(({ severity }) => severity !== 'blocking') &&
    report.differences.length === 0 &&
    report.databases.every(
      (each) =>
        each.result === 'passed' &&
        each.error === null &&
        each.differences.length === 0 &&
        each.tables.every(canBeEqual),
    )
  )
}

/** What only one side has is not measured, and may have been left out for a reason that a finding tells. */
function canBeEqual({ sourceRows, targetRows, equal, checksum }: TableReport): boolean {
  if (sourceRows === null || targetRows === null) return true
  return equal && sourceRows === targetRows && checksum?.source === checksum?.target
}
