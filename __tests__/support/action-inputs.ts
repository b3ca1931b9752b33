/** The inputs of the action as the runner passes them: environment variables, with the defaults of action.yml. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { ServerAddress } from './server-process.js'
import type { TestServer } from './servers.js'

export const repository = join(import.meta.dirname, '..', '..')

/** Kebab-case names, as in a workflow. */
export type Inputs = Readonly<Record<string, string>>

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly default?: string | number | boolean } | null>>
  readonly outputs: Readonly<Record<string, { readonly description: string }>>
  readonly runs: { readonly main: string; readonly post: string }
}

/** action.yml, parsed. */
export function readActionFile(): ActionFile {
  return parse(readFileSync(join(repository, 'action.yml'), 'utf8')) as ActionFile
}

/** `INPUT_SOURCE-URL` and so on; an input that action.yml does not know is a mistake of the test. */
export function inputVariables(given: Inputs): Record<string, string> {
  const declared = readActionFile().inputs
  const unknown = Object.keys(given).filter((name) => !(name in declared))
  if (unknown.length > 0) throw new Error(`action.yml has no input ${unknown.join(', ')}.`)
  const defaults = Object.entries(declared).flatMap(([name, input]) =>
    input?.default === undefined ? [] : [[name, String(input.default)] as const],
  )
  const values = Object.entries({ ...Object.fromEntries(defaults), ...given })
  return Object.fromEntries(
    values.map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]),
  )
}

/** The inputs that name two test servers; they have no TLS unless they were started with it. */
export function serverInputs(source: TestServer, target: TestServer): Inputs {
  const withTls = (server: ServerAddress): boolean => server.certificateFile !== null
  return {
    'source-url': source.urlWithoutPassword(),
    'source-password': source.password,
    'target-url': target.urlWithoutPassword(),
    'target-password': target.password,
    sslmode: withTls(source) && withTls(target) ? 'require' : 'disable',
  }
}
