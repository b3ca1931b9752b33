/** What the jobs of a matrix are to do, and whether GitHub passes it on to them. */
import { InputError } from '../errors.js'
import { packDatabases } from '../matrix/index.js'
import { matrixOf, type PlanReport } from '../report/index.js'
import type { Run } from '../run.js'
import type { DatabaseFacts, ServerSide } from '../server/index.js'
import { maskedForms } from '../telling/masked-forms.js'

/** Spreads the databases over the jobs. Refuses a matrix that would not arrive: no job would run, and nothing would fail. */
export function planJobs(
  { id, inputs, secretsAreMasked }: Pick<Run, 'id' | 'inputs' | 'secretsAreMasked'>,
  databases: readonly DatabaseFacts[],
): PlanReport {
  const plan: PlanReport = {
    id,
    mode: inputs.planFor,
    // What a rehearsal tries is rolled back, so that every job of it needs the roles for itself.
    roles: inputs.planFor === 'upgrade' ? 'skip' : inputs.roles,
    jobs: packDatabases(databases, inputs.matrixJobs),
  }
  if (secretsAreMasked) refuseMasked(inputs, matrixOf(plan))
  return plan
}

/** GitHub drops an output of a job that holds a masked text. Which name it is would tell of the password. */
function refuseMasked(inputs: Run['inputs'], matrix: string): void {
  const sides = ['source', 'target'] as const satisfies readonly ServerSide[]
  const problems = sides
    .filter((side) => {
      const { password, sslpassword } = inputs[side]
      const forms = [password, sslpassword].flatMap(maskedForms)
      return forms.some((form) => matrix.includes(form))
    })
    .map((side) => ({
      input: `${side}-password`,
      message: `a password for the ${side}, or a line of it, is a part of the output "matrix", such as of the name of a database. GitHub passes no output on that holds a masked text, so no job would run. Nothing was touched. Give the run's role on the ${side} another password, long and random, or rename the database.`,
    }))
  if (problems.length > 0) throw new InputError(problems)
}
