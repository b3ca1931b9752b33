/** The proof that a folder holds client tools: all five are run and must say one and the same version. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from './command.js'
import { toolEnvironment } from './environment.js'
import { toolNames, type ToolName } from './tools.js'

/** Either the version that all five said, or one line on what is wrong with them. */
export type Proof =
  | { readonly proven: true; readonly version: string; readonly major: number }
  | { readonly proven: false; readonly reason: string }

export interface ProofRequest {
  readonly directory: string
  /** What the programs need in their environment to run. */
  readonly environment: Readonly<Record<string, string>>
  readonly platform: NodeJS.Platform
  readonly signal: AbortSignal
}

/** The absolute path of one program in a folder of client tools. */
export function programPath(directory: string, tool: ToolName, platform: NodeJS.Platform): string {
  return join(directory, platform === 'win32' ? `${tool}.exe` : tool)
}

/** Reads the version out of what a tool answers to `--version`: `pg_dump (PostgreSQL) 18.6 (Debian 18.6-1)`. */
export function parseVersion(answer: string): string | undefined {
  return /\(PostgreSQL\) (\d+(?:\.\d+|(?:beta|rc|devel)\d*))/.exec(answer)?.[1]
}

/** Runs the five tools of a folder with `--version`. */
export async function proveTools(request: ProofRequest): Promise<Proof> {
  const answers = await Promise.all(
    toolNames.map((tool) =>
      askVersion(request, programPath(request.directory, tool, request.platform)),
    ),
  )
  const problem = answers.find((answer) => answer.version === undefined)
  if (problem !== undefined) return { proven: false, reason: problem.said }
  const versions = new Set(answers.map((answer) => answer.version ?? ''))
  const [version, ...others] = [...versions]
  if (version === undefined || others.length > 0) {
    const mixture = [...versions].join(' and ')
    return { proven: false, reason: `${request.directory} mixes the versions ${mixture}` }
  }
  return { proven: true, version, major: Number.parseInt(version, 10) }
}

interface Answer {
  readonly version: string | undefined
  readonly said: string
}

async function askVersion(request: ProofRequest, program: string): Promise<Answer> {
  const result = await runCommand({
    program,
    arguments: ['--version'],
    environment: toolEnvironment(tmpdir(), request.environment),
    signal: request.signal,
  })
  if (result.exitCode === 0) {
    const version = parseVersion(result.stdout)
    return { version, said: `${program} answers "${firstLine(result.stdout)}" to --version` }
  }
  return { version: undefined, said: `${program} does not run: ${firstLine(result.stderr)}` }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? ''
}
