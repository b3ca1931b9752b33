/** The text of --help, made of what action.yml says. */
import { variableOf } from './arguments.js'
import { exitCodes } from './exit-codes.js'
import { ownFlags, passwordInputs, type Option } from './options.js'

const width = 100
const indent = ' '.repeat(6)

/** Where the command line differs from what action.yml says of the runner. */
const differences: Readonly<Record<string, string>> = {
  'dump-directory': 'On the command line the temporary folder of the system when empty.',
  'report-directory': 'On the command line ./upgrade-postgres-report when empty.',
  history: 'On the command line no history is kept when empty.',
}

/** The help, wrapped for a terminal. */
export function renderHelp(options: readonly Option[]): string {
  return [
    'Usage: upgrade-postgres --source-url URL --target-url URL [--mode MODE] [--OPTION VALUE …]',
    '',
    ...wrap(
      'Moves every database of a PostgreSQL server to a higher major version by dump and restore, and proves that everything arrived.',
      '',
    ),
    '',
    'Passwords:',
    ...wrap(
      `from the environment variables ${passwordInputs.map(variableOf).join(' and ')}; where one is not set and this is a terminal, it is asked for. Never from arguments.`,
      '  ',
    ),
    '',
    'Options:',
    ...options.flatMap(describeOption),
    ...Object.entries(ownFlags).flatMap(([name, meaning]) => [`  --${name}`, ...wrap(meaning)]),
    '',
    'A list may be given item by item, by repeating its option; true is the value of a flag without one.',
    '',
    'Exit codes:',
    ...exitCodes.map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`),
    '',
  ].join('\n')
}

function describeOption(option: Option): string[] {
  const { name, description, isFlag } = option
  const value = isFlag ? '[=true|false]' : ` ${placeholder(name)}`
  const extra = [
    ...(option.default === '' ? [] : [`Default: ${option.default}.`]),
    ...(differences[name] === undefined ? [] : [differences[name]]),
  ]
  return [`  --${name}${value}`, ...wrap([description, ...extra].join(' '))]
}

function placeholder(name: string): string {
  return (name.split('-').at(-1) ?? name).toUpperCase()
}

function wrap(text: string, before = indent): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && before.length + line.length + 1 + word.length > width) {
      lines.push(before + line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, before + line]
}
