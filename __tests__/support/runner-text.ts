/** Reads what an action writes for GitHub's runner: workflow commands in its log, and the files of outputs and state. */

/** One `::name key=value::message` line. */
export interface WorkflowCommand {
  readonly name: string
  readonly properties: Readonly<Record<string, string>>
  readonly message: string
}

const commandLine = /^\s*::([^ :]+)(?: ([^:]*))?::(.*)$/

/** The commands that the runner would carry out, in order; those behind `stop-commands` are text to it. */
export function parseCommands(log: string): WorkflowCommand[] {
  const commands: WorkflowCommand[] = []
  let resumeWord: string | undefined
  for (const line of log.split(/\r?\n/)) {
    const [matched, name, properties = '', message = ''] = commandLine.exec(line) ?? []
    if (matched === undefined || name === undefined) continue
    if (resumeWord !== undefined) {
      if (name === resumeWord) resumeWord = undefined
      continue
    }
    if (name === 'stop-commands') resumeWord = message
    commands.push({
      name,
      properties: parseProperties(properties),
      message: unescape(message),
    })
  }
  return commands
}

function parseProperties(text: string): Record<string, string> {
  const pairs = text.split(',').filter((pair) => pair.includes('='))
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key = '', value = ''] = /^([^=]*)=(.*)$/.exec(pair.trim()) ?? []
      return [key, unescape(value).replaceAll('%3A', ':').replaceAll('%2C', ',')]
    }),
  )
}

function unescape(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')
}

/** GITHUB_OUTPUT, GITHUB_STATE and GITHUB_ENV: `name=value`, or `name<<word`, lines, `word`. */
export function parseVariables(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/)
  const variables: Record<string, string> = {}
  while (lines.length > 0) {
    const line = lines.shift() ?? ''
    const [, name, operator, rest = ''] = /^(.*?)(<<|=)(.*)$/.exec(line) ?? []
    if (line === '') continue
    if (name === undefined || name === '') throw new Error(`The runner would refuse "${line}".`)
    if (operator === '=') {
      variables[name] = rest
      continue
    }
    const end = lines.indexOf(rest)
    if (end === -1) throw new Error(`The value of "${name}" does not end with "${rest}".`)
    variables[name] = lines
      .splice(0, end + 1)
      .slice(0, -1)
      .join('\n')
  }
  return variables
}
