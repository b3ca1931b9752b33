/** All inputs, read and cross-checked before anything else happens; the words of action.yml, camel-cased. */
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { clientSources } from '../client/tools.js'
import { InputError } from '../errors.js'
import type { ConnectionParameters } from '../server/index.js'
import type { MethodName, Mode } from '../report/report.js'
import { isReservedArgument } from '../transfer/reserved-arguments.js'
import { splitQueries, type ValidationQuery } from '../validate/index.js'
import { readConnection } from './connection-inputs.js'
import { createInputReader, type InputReader } from './input-reader.js'

export const modes = ['check', 'rehearse', 'upgrade', 'validate'] as const satisfies readonly Mode[]
export const methods = [
  'auto',
  'plain',
  'custom',
  'stream',
  'parallel',
  'copy',
] as const satisfies readonly (MethodName | 'auto')[]
export const rolesModes = ['auto', 'with-passwords', 'without-passwords', 'skip'] as const
export const existingDatabaseModes = ['refuse', 'replace'] as const
export const validateModes = ['none', 'counts', 'checksums'] as const

export const clientSourceChoices = ['auto', ...clientSources] as const

export interface Inputs {
  readonly source: ConnectionParameters
  readonly target: ConnectionParameters
  readonly mode: (typeof modes)[number]
  readonly method: (typeof methods)[number]
  /** Names and globs. */
  readonly databases: readonly string[]
  readonly excludeDatabases: readonly string[]
  readonly jobs: { readonly value: number; readonly from: 'input' | 'cpus' }
  readonly roles: (typeof rolesModes)[number]
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
}

/** Reads every input. Throws one `InputError` that names all that is wrong. */
export function readInputs(read: (name: string) => string): Inputs {
  const reader = createInputReader(read)
  const inputs: Inputs = {
    source: readConnection(reader, 'source'),
    target: readConnection(reader, 'target'),
    mode: reader.choice('mode', modes, 'upgrade'),
    method: reader.choice('method', methods, 'auto'),
    databases: withDefault(reader.list('databases'), '*'),
    excludeDatabases: reader.list('exclude-databases'),
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
  }
  if (reader.problems.length > 0) throw new InputError(reader.problems)
  return inputs
}

function withDefault(items: string[], item: string): string[] {
  return items.length === 0 ? [item] : items
}

function readFreezeSource(reader: InputReader): boolean {
  const freezes = reader.flag('freeze-source', false)
  const mode = reader.text('mode') ?? 'upgrade'
  if (freezes && mode !== 'upgrade') {
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

function readQueries(reader: InputReader): ValidationQuery[] {
  const value = reader.text('validation-queries')
  if (value === undefined) return []
  const looksLikePath = !/\s/.test(value)
  if (looksLikePath && !existsSync(value)) {
    reader.refuse(
      'validation-queries',
      `there is no file ${JSON.stringify(value)}; give SQL or the path of a file that the job has checked out.`,
    )
    return []
  }
  return splitQueries(looksLikePath ? readFileSync(value, 'utf8') : value)
}

function readArguments(reader: InputReader, name: 'pg-dump-args' | 'pg-restore-args'): string[] {
  const given = reader.lines(name)
  for (const argument of given) {
    if (!argument.startsWith('-')) {
      reader.refuse(
        name,
        `${JSON.stringify(argument)} does not begin with "-"; write one argument a line, as --name=value.`,
      )
    } else if (isReservedArgument(argument)) {
      reader.refuse(name, `${argument} is set by this action and cannot be given.`)
    }
  }
  return given
}
