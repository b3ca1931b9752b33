/** Where the passwords of the command line come from: the environment, or a question on the terminal. */
import type { Inputs } from '../inputs/inputs.js'
import { visible } from '../report/format.js'
import { describeHost, type ServerSide } from '../server/index.js'
import { variableOf } from './arguments.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** Asks for the passwords that no variable gives. Without a terminal (`ask` undefined) there is nobody to ask. */
export async function askForPasswords(
  inputs: Inputs,
  environment: Environment,
  ask: ((question: string) => Promise<string>) | undefined,
): Promise<Inputs> {
  const complete = { ...inputs }
  if (ask === undefined) return complete
  for (const side of ['source', 'target'] as const satisfies readonly ServerSide[]) {
    // A variable that is set and empty says that there is no password.
    if (environment[variableOf(`${side}-password`)] !== undefined) continue
    const { user } = inputs[side]
    const question = `Password of ${visible(user)} on the ${side} ${visible(describeHost(inputs[side]))} (empty for none): `
    const password = await ask(question)
    complete[side] = { ...inputs[side], password: password === '' ? undefined : password }
  }
  return complete
}
