/** All inputs, read and cross-checked before anything else happens; the words of action.yml, camel-cased. */
import { availableParallelism } from 'node:os'
import { clientSources } from '../client/tools.js'
import { InputError } from '../errors.js'
import type {
  ConnectionParameters,
  DatabaseNames,
  KeptCertificates,
  ServerSide,
} from '../server/index.js'
import type { MethodName, Mode } from '../report/report.js'
import { rolesModes, type RolesMode } from '../roles/index.js'
import { argumentAgainstCopy } from '../transfer/copy/arguments.js'
import { whyReserved } from '../transfer/tools/reserved-arguments.js'
import type { ValidationQuery } from '../validate/index.js'
import { readConnection } from './connection-inputs.js'
import { readDatabaseNames } from './database-inputs.js'
import { createInputReader, type InputReader } from './input-reader.js'
import { readQueries } from './query-inputs.js'

export const modes = [
  'check',
  'rehearse',
  'upgrade',
  'validate',
  'plan',
] as const satisfies readonly Mode[]
export const methods = [
  'auto',
  'plain',
  'custom',
  'stream',
  'parallel',
  'copy',
] as const satisfies readonly (MethodName | 'auto')[]
export const existingDatabaseModes = ['refuse', 'replace'] as const
export const validateModes = ['none', 'counts', 'checksums'] as const

export const clientSourceChoices = ['auto', ...clientSources] as const

export interface Inputs {
  readonly source: ConnectionParameters
  readonly target: ConnectionParameters
  readonly mode: (typeof modes)[number]
  readonly method: (typeof methods)[number]
  readonly databases: DatabaseNames
  readonly excludeDatabases: DatabaseNames
  readonly jobs: { readonly value: number; readonly from: 'input' | 'cpus' }
  readonly roles: RolesMode
  readonly existingDatabase: (typeof existingDatabaseModes)[number]
  readonly validate: (typeof validateModes)[number]
  readonly validationQueries: readonly ValidationQuery[]
  readonly analyze: boolean
  readonly freezeSource: boolean
  /** Undefined: the target's major. */
  readonly clientVersion: number | undefined
  readonly clientSource: (typeof clientSourceChoices)[number]
  /** A mirror of the PostgreSQL project's apt repository. */
  readonly clientRepository: string | undefined
  readonly dumpDirectory: string | undefined
  readonly pgDumpArguments: readonly string[]
  readonly pgRestoreArguments: readonly string[]
  readonly reportDirectory: string | undefined
  /** The file that keeps the history of runs; undefined: the runner's cache, where there is one. */
  readonly history: string | undefined
  /** What the jobs of the matrix are for, and how many there are to be. */
  readonly planFor: 'rehearse' | 'upgrade'
  readonly matrixJobs: number
  /** Of which plan and job this run is a part; undefined: of none. */
  readonly part: { readonly plan: string; readonly job: number } | undefined
}

/**
 * Reads every input. Throws one `InputError` that names all that is wrong. `isSet` tells an input that was given, though it may be
 * empty, from one that was left out.
 */
export function readInputs(
  read: (name: string) => string,
  isSet: (name: string) => boolean = () => false,
): Inputs {
  const reader = createInputReader(read)
  const databases = readDatabaseNames(reader, 'databases')
  const inputs: Inputs = {
    source: readConnection(reader, 'source'),
    target: readConnection(reader, 'target'),
    mode: readMode(reader, isSet('mode')),
    method: reader.choice('method', methods, 'auto'),
    databases: databases ?? { items: ['*'], areNames: false },
    excludeDatabases: readDatabaseNames(reader, 'exclude-databases') ?? {
      items: [],
      areNames: false,
    },
    jobs: readJobs(reader),
    roles: reader.choice('roles', rolesModes, 'auto'),
    existingDatabase: reader.choice('existing-database', existingDatabaseModes, 'refuse'),
    validate: reader.choice('validate', validateModes, 'counts'),
    validationQueries: readQueries(reader),
    analyze: reader.flag('analyze', true),
    freezeSource: readFreezeSource(reader),
    clientVersion: readClientVersion(reader),
    clientSource: reader.choice('client-source', clientSourceChoices, 'auto'),
    clientRepository: readClientRepository(reader),
    dumpDirectory: reader.text('dump-directory'),
    pgDumpArguments: readArguments(reader, 'pg-dump-args'),
    pgRestoreArguments: readArguments(reader, 'pg-restore-args'),
    reportDirectory: reader.text('report-directory'),
    history: reader.text('history'),
    planFor: reader.choice('plan-for', ['rehearse', 'upgrade'], 'rehearse'),
    matrixJobs: readMatrixJobs(reader),
    part: readPart(reader, databases),
  }
  refuseForCopy(reader, inputs)
  if (reader.problems.length > 0) throw new InputError(reader.problems)
  return inputs
}

/**
 * The connection to one side, for who clears up behind a run: no other input is looked at. What the run has kept of the
 * files that the inputs name stands in for them.
 */
export function readConnectionAlone(
  read: (name: string) => string,
  side: ServerSide,
  kept: KeptCertificates,
): ConnectionParameters {
  const reader = createInputReader(read)
  const connection = readConnection(reader, side, kept)
  if (reader.problems.length > 0) throw new InputError(reader.problems)
  return connection
}

/** A mode that is left out is `upgrade`; one that is empty is an expression without a value, by which nobody means an upgrade. */
function readMode(reader: InputReader, isSet: boolean): Mode {
  if (isSet && reader.text('mode') === undefined) {
    reader.refuse(
      'mode',
      "is empty. An expression has no value where its name is misspelt, or nobody has given one. Write the mode itself, or an expression that always has a value: ${{ inputs.mode || 'rehearse' }}.",
    )
  }
  const mode = reader.choice<Mode | 'report'>('mode', [...modes, 'report'], 'upgrade')
  if (mode !== 'report') return mode
  throw new Error('The inputs of mode report are read by readReportInputs.')
}

/** GitHub runs at most 256 jobs of one matrix. */
function readMatrixJobs(reader: InputReader): number {
  const value = reader.text('matrix-jobs') ?? '4'
  const jobs = Number(value)
  if (!/^\d+$/.test(value) || jobs < 1 || jobs > 256) {
    reader.refuse('matrix-jobs', `${JSON.stringify(value)} is not a whole number from 1 to 256.`)
  }
  return jobs
}

/** A job takes its databases and roles from its plan: without them it would move everything, as each of the others. */
function readPart(reader: InputReader, databases: DatabaseNames | undefined): Inputs['part'] {
  const value = reader.text('plan')
  if (value === undefined) return undefined
  const part = parsePart(value)
  const mode = reader.text('mode') ?? 'upgrade'
  if (part === undefined) {
    reader.refuse('plan', 'is not what the matrix of a plan holds; pass on its "plan" unchanged.')
    return undefined
  }
  const passOn = (name: string) =>
    `where "plan" is given; pass on what the plan says: \${{ matrix.${name} }}.`
  if (databases?.areNames !== true) {
    reader.refuse('databases', `must be a JSON array of names ${passOn('databases')}`)
  }
  if (reader.text('roles') === undefined) {
    reader.refuse('roles', `must not be empty ${passOn('roles')}`)
  }
  if (mode !== 'rehearse' && mode !== 'upgrade') {
    reader.refuse('plan', `cannot go with mode ${mode}; a plan is for rehearse or upgrade.`)
  }
  return part
}

/** What the `plan` of a matrix job says; undefined for any other text. */
export function parsePart(value: string): Inputs['part'] {
  const [, plan, job] = /^([0-9a-f]{8})\/(\d{1,3})$/.exec(value) ?? []
  return plan === undefined || job === undefined ? undefined : { plan, job: Number(job) }
}

function readFreezeSource(reader: InputReader): boolean {
  const freezes = reader.flag('freeze-source', false)
  const mode = reader.text('mode') ?? 'upgrade'
  // A check and a rehearsal look whether the source could be frozen, and leave it alone.
  if (freezes && !['upgrade', 'check', 'rehearse'].includes(mode)) {
    reader.refuse('freeze-source', `cannot go with mode ${mode}, which never writes to the source.`)
  }
  return freezes
}

function readJobs(reader: InputReader): Inputs['jobs'] {
  const value = reader.count('jobs')
  if (value !== undefined) return { value, from: 'input' }
  return { value: Math.min(Math.max(availableParallelism(), 2), 8), from: 'cpus' }
}

function readClientVersion(reader: InputReader): number | undefined {
  const major = reader.count('client-version')
  if (major !== undefined && major < 10) {
    reader.refuse('client-version', `${major} is not a major version; write 10 to 18, or auto.`)
  }
  return major
}

function readClientRepository(reader: InputReader): string | undefined {
  const value = reader.text('client-repository')
  if (value === undefined) return undefined
  const url = /\s/.test(value) || !URL.canParse(value) ? undefined : new URL(value)
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    reader.refuse('client-repository', 'is not a URL that begins with http:// or https://.')
  } else if (url.username !== '' || url.password !== '') {
    reader.refuse(
      'client-repository',
      "must not hold a password; put it into apt's own /etc/apt/auth.conf.d of the runner.",
    )
  } else if (!['auto', 'pgdg', ''].includes(reader.text('client-source') ?? '')) {
    reader.refuse('client-repository', 'is used only with client-source auto or pgdg.')
  }
  return value
}

/** `copy` would find it out only after the roles have been moved and the source is frozen. */
function refuseForCopy(reader: InputReader, inputs: Inputs): void {
  if (inputs.method !== 'copy' || inputs.mode === 'validate') return
  const refused = {
    'pg-dump-args': argumentAgainstCopy(inputs.pgDumpArguments, []),
    'pg-restore-args': argumentAgainstCopy([], inputs.pgRestoreArguments),
  }
  for (const [name, argument] of Object.entries(refused)) {
    if (argument === null) continue
    reader.refuse(
      name,
      `method copy cannot honour ${argument}; leave it out, or choose another method or auto.`,
    )
  }
}

function readArguments(reader: InputReader, name: 'pg-dump-args' | 'pg-restore-args'): string[] {
  const tool = name === 'pg-dump-args' ? 'pg_dump' : 'pg_restore'
  const given = reader.lines(name)
  for (const argument of given) {
    if (!argument.startsWith('-')) {
      reader.refuse(
        name,
        `${JSON.stringify(argument)} does not begin with "-"; write one argument a line, as --name=value.`,
      )
      continue
    }
    const why = whyReserved(tool, argument)
    if (why !== null) reader.refuse(name, `${argument} ${why}.`)
  }
  return given
}
