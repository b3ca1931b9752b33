/** Asks pg_dump and pg_restore, before anything is moved, whether they take the arguments that the user gives them. */
import { runCommand } from '../../client/command.js'
import { toolEnvironment } from '../../client/environment.js'
import type { ClientTools } from '../../client/tools.js'
import type { InputProblem } from '../../errors.js'
import type { MethodName } from '../../report/report.js'
import { withoutSecrets } from '../../telling/secrets.js'
import { dumpArguments, restoreArguments } from './tool-arguments.js'

export interface GivenArguments {
  readonly tools: ClientTools
  readonly workDirectory: string
  readonly signal: AbortSignal
  readonly method: MethodName | 'auto'
  readonly jobs: number
  readonly pgDumpArguments: readonly string[]
  readonly pgRestoreArguments: readonly string[]
}

/**
 * Names no server: libpq refuses the keyword. pg_dump gets to that when it has read all of its arguments, and before a
 * file, a password or a socket is looked for.
 */
const nowhere = 'upgrade_postgres=nowhere'

/** What is wrong with either input, in the words of its tool. */
export async function findRefusedArguments(given: GivenArguments): Promise<InputProblem[]> {
  const { tools, method, jobs, pgDumpArguments, pgRestoreArguments } = given
  const refusals = await Promise.all([
    askTool(given, 'pg_dump', pgDumpArguments, (more) =>
      dumpArguments({
        format: 'custom',
        conninfo: nowhere,
        snapshotId: 'none',
        encoding: 'UTF8',
        compression: 'default',
        tablespaces: true,
        more,
      }),
    ),
    // It reads an archive from stdin, which is empty.
    askTool(given, 'pg_restore', pgRestoreArguments, (more) =>
      restoreArguments({
        conninfo: nowhere,
        tablespaces: true,
        ...(method === 'custom' || method === 'parallel' ? { jobs } : {}),
        more,
      }),
    ),
  ])
  return refusals.flatMap(({ tool, said }) => {
    if (said === undefined) return []
    const input = tool === 'pg_dump' ? 'pg-dump-args' : 'pg-restore-args'
    return [{ input, message: `${tool} ${tools.version} does not take this: ${said}.` }]
  })
}

interface Answer {
  readonly tool: 'pg_dump' | 'pg_restore'
  /** Undefined where the tool takes everything. */
  readonly said: string | undefined
}

/** A tool that takes its arguments fails at the same point as without them. */
async function askTool(
  given: GivenArguments,
  tool: Answer['tool'],
  more: readonly string[],
  commandLine: (more: readonly string[]) => string[],
): Promise<Answer> {
  if (more.length === 0) return { tool, said: undefined }
  const lastWords = async (these: readonly string[]) => {
    const { stderr } = await runCommand({
      program: given.tools.path(tool),
      arguments: commandLine(these),
      environment: toolEnvironment(given.workDirectory, given.tools.environment),
      workDirectory: given.workDirectory,
      signal: given.signal,
    })
    return errorOf(stderr)
  }
  const [without, said] = await Promise.all([lastWords([]), lastWords(more)])
  return { tool, said: said === without ? undefined : said }
}

/** The last line but for "Try … --help", without the name of the tool in front. */
function errorOf(stderr: string): string {
  const lines = stderr.split(/\r?\n/).filter((line) => line !== '' && !/\bTry "/.test(line))
  const error = lines.at(-1) ?? ''
  return withoutSecrets(error.replace(/^.*?\bpg_(?:dump|restore)(?:\.exe)?: (?:error: )?/, ''))
}
