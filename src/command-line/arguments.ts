/** Reads the arguments of the command line. No message repeats a value: it may be a password that went astray. */
import { parseConnectionString } from '../server/index.js'
import { ownFlags, passwordInputs, type Option, type OwnFlag } from './options.js'

export interface ReadArguments {
  /** The values given, by the name of their option. */
  readonly values: ReadonlyMap<string, string>
  readonly flags: ReadonlySet<OwnFlag>
  readonly problems: readonly string[]
}

const isOwnFlag = (name: string): name is OwnFlag => Object.hasOwn(ownFlags, name)

/** Takes `--name value` and `--name=value`; collects every problem. */
export function readArguments(given: readonly string[], options: readonly Option[]): ReadArguments {
  const values = new Map<string, string>()
  const flags = new Set<OwnFlag>()
  const problems: string[] = []
  const isOption = (argument: string | undefined) =>
    argument?.startsWith('--') === true && findOption(options, nameOf(argument)) !== undefined
  for (let index = 0; index < given.length; index += 1) {
    const argument = given[index] ?? ''
    if (!argument.startsWith('--')) {
      problems.push(refuseLoose(argument, index))
      continue
    }
    const name = nameOf(argument)
    const inline = argument.includes('=') ? argument.slice(argument.indexOf('=') + 1) : undefined
    const next = given[index + 1]
    const option = findOption(options, name)
    if (passwordInputs.some((password) => password === name)) {
      problems.push(refusePassword(name))
      if (inline === undefined && !isOption(next)) index += 1
    } else if (isOwnFlag(name)) {
      flags.add(name)
      if (inline !== undefined) problems.push(`--${name} takes no value.`)
    } else if (option === undefined) {
      problems.push(`There is no option ${name === '' ? '--' : `--${name}`}.`)
      // Its value, if it is one, belongs to it and to no other message.
      if (inline === undefined && next?.startsWith('-') === false) index += 1
    } else if (inline !== undefined) {
      add(option, inline)
    } else if (option.isFlag && next !== 'true' && next !== 'false') {
      add(option, 'true')
    } else if (next === undefined || isOption(next)) {
      problems.push(`--${name} needs a value.`)
    } else {
      add(option, next)
      index += 1
    }
  }
  return { values, flags, problems }

  function add(option: Option, value: string): void {
    const before = values.get(option.name)
    if (before !== undefined && !option.isList) problems.push(`--${option.name} is given twice.`)
    values.set(option.name, before === undefined ? value : `${before}\n${value}`)
    if (option.name.endsWith('-url') && holdsPassword(value)) {
      problems.push(refusePasswordInUrl(option.name))
    }
  }
}

function nameOf(argument: string): string {
  const [name = ''] = argument.slice(2).split('=')
  return name
}

function findOption(options: readonly Option[], name: string): Option | undefined {
  return options.find((option) => option.name === name)
}

function refuseLoose(argument: string, index: number): string {
  if (argument === '-h') return 'There is no option -h; the help is --help.'
  return `Argument ${index + 1} belongs to no option: write --name value or --name=value, with quotes around a value that has spaces.`
}

const visibleToAll =
  'Arguments can be read by everybody on this machine, so the one that was given should be changed.'

function refusePassword(name: string): string {
  return `--${name} is not taken: set the environment variable ${variableOf(name)}, or leave it out and be asked on a terminal. ${visibleToAll}`
}

function refusePasswordInUrl(name: string): string {
  const variable = variableOf(name.replace(/-url$/, '-password'))
  return `--${name} holds a password: leave it out of the URL and set the environment variable ${variable}, or be asked on a terminal. ${visibleToAll}`
}

/** `SOURCE_PASSWORD` for `source-password`. */
export function variableOf(name: string): string {
  return name.toUpperCase().replaceAll('-', '_')
}

/** A URL that cannot be read at all is refused later, by a message that does not repeat it. */
function holdsPassword(url: string): boolean {
  try {
    const { password, other } = parseConnectionString(url)
    return password !== undefined || other['sslpassword'] !== undefined
  } catch {
    return false
  }
}
