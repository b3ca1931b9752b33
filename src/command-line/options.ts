/** The options of the command line: the inputs of action.yml under the same names, and a few of its own. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export interface Option {
  readonly name: string
  readonly description: string
  /** Empty where there is none. */
  readonly default: string
  /** May stand without a value, which then is true. */
  readonly isFlag: boolean
  /** May be given several times: one item each time. */
  readonly isList: boolean
}

interface DeclaredInput {
  readonly description: string
  readonly default?: string | number | boolean
}

/** Secrets never stand in arguments, which everybody on the machine can read. */
export const passwordInputs = ['source-password', 'target-password'] as const

const lists: readonly string[] = [
  'databases',
  'exclude-databases',
  'pg-dump-args',
  'pg-restore-args',
  'reports',
]

/** What the command line has and the action has not; each is a flag. */
export const ownFlags = {
  help: 'Print this and stop.',
  version: 'Print the version and stop.',
  json: 'Print the outputs of the action as JSON in place of the summary.',
  verbose: 'Print what is of use when something is amiss.',
} as const

export type OwnFlag = keyof typeof ownFlags

/** Reads the options from the action.yml of this package. */
export function readOptions(): Option[] {
  // Written out, so that the bundler finds the file and puts it beside the bundle.
  const text = readFileSync(new URL('../../action.yml', import.meta.url), 'utf8')
  const { inputs } = parse(text) as { readonly inputs: Readonly<Record<string, DeclaredInput>> }
  return Object.entries(inputs)
    .filter(([name]) => !passwordInputs.some((password) => password === name))
    .map(([name, input]) => {
      const fallback = String(input.default ?? '')
      return {
        name,
        description: input.description.trim().replace(/\s+/g, ' '),
        default: fallback,
        isFlag: fallback === 'true' || fallback === 'false',
        isList: lists.includes(name),
      }
    })
}
