/** Runs dist/index.js in a child process as GitHub's runner does: variables, files, main, cancel and post. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { arch, platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Report } from '../../src/report/report.js'
import { inputVariables, readActionFile, repository, type Inputs } from './action-inputs.js'
import { parseCommands, parseVariables, type WorkflowCommand } from './runner-text.js'
import { cacheFolder } from './server-binaries.js'

/** The runner's patience after a cancel: SIGINT, then SIGTERM, then the end of every process. */
const interruptedMs = 7_500
const terminatedMs = 2_500

/** Less than a test may take. */
const defaultLimitMs = 110_000

export interface RunOptions {
  /** More environment variables of the job; undefined removes one. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The Node.js that runs the action; the one that runs the tests. */
  readonly node?: string
  /** Sees the log while it is written, both streams mixed. */
  readonly onOutput?: (text: string) => void
  /** After this long the action is killed, so that one that hangs fails its test instead of outliving it. */
  readonly limitMs?: number
  /** Where the folders of the run are made; the system's folder for temporary files. */
  readonly parentFolder?: string
}

/** What is left when the action has ended. */
export interface ActionRun {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly exitSignal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly commands: readonly WorkflowCommand[]
  readonly outputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  /** Variables and folders that the action gives to later steps. */
  readonly exported: Readonly<Record<string, string>>
  readonly paths: readonly string[]
  /** The Markdown of the job summary. */
  readonly summary: string
  /** The content of the file that the output `report-json` names. */
  readonly report: Report | undefined
  readonly durationSeconds: number
  /** All that this run could write, the workspace and RUNNER_TEMP among it. */
  readonly folder: string
  readonly runnerTemp: string
  /** The process number of the action; the session number of its children. */
  readonly pid: number
  readonly inputs: Inputs
  readonly options: RunOptions
}

/** An action at work. */
export interface StartedAction {
  readonly pid: number
  readonly folder: string
  readonly finished: Promise<ActionRun>
  /** Resolves once the log matches; rejects when the action ends without. */
  readonly prints: (pattern: RegExp) => Promise<void>
  readonly signal: (signal: NodeJS.Signals) => void
  /** What "Cancel workflow" does: SIGINT, after 7.5 s SIGTERM, after 2.5 s SIGKILL. */
  readonly cancel: () => Promise<ActionRun>
}

/** Runs the action to its end. */
export async function runAction(inputs: Inputs, options: RunOptions = {}): Promise<ActionRun> {
  return (await startAction(inputs, options)).finished
}

/** Starts the action and returns while it works. */
export async function startAction(
  inputs: Inputs,
  options: RunOptions = {},
): Promise<StartedAction> {
  const parent = options.parentFolder ?? process.env['UPGRADE_POSTGRES_TEST_STATE'] ?? tmpdir()
  const folder = await mkdtemp(join(parent, 'run-'))
  return start({ step: 'main', folder, inputs, options, state: {} })
}

/** The post step of a run, with the state that main has saved. */
export async function runPost(main: ActionRun): Promise<ActionRun> {
  const { folder, inputs, options, state } = main
  return (await start({ step: 'post', folder, inputs, options, state })).finished
}

interface Step {
  readonly step: 'main' | 'post'
  readonly folder: string
  readonly inputs: Inputs
  readonly options: RunOptions
  readonly state: Readonly<Record<string, string>>
}

async function start(step: Step): Promise<StartedAction> {
  const { folder, options } = step
  const files = await prepareFiles(step)
  const script = join(repository, readActionFile().runs[step.step])
  const startedAt = performance.now()
  const child = spawn(options.node ?? process.execPath, [script], {
    cwd: join(folder, 'workspace'),
    env: { ...hostEnvironment(), ...(await runnerVariables(step, files)), ...options.environment },
    // A session of its own, so that its children can be told from other processes.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log = followLog(child, options.onOutput)
  const limit = setTimeout(() => child.kill('SIGKILL'), options.limitMs ?? defaultLimitMs)
  child.once('exit', () => {
    clearTimeout(limit)
  })
  const finished = ended(child).then(async (exit) => ({
    ...exit,
    ...(await readFiles(files)),
    stdout: log.stdout(),
    stderr: log.stderr(),
    commands: parseCommands(`${log.stdout()}\n${log.stderr()}`),
    durationSeconds: (performance.now() - startedAt) / 1000,
    folder,
    runnerTemp: join(folder, 'temp'),
    pid: child.pid ?? 0,
    inputs: step.inputs,
    options,
  }))
  // Whoever awaits it sees the failure; until then it must not end the process.
  finished.catch(() => undefined)
  return {
    pid: child.pid ?? 0,
    folder,
    finished,
    prints: (pattern) => log.prints(pattern, finished),
    signal: (signal) => child.kill(signal),
    cancel: () => cancel(child, finished),
  }
}

const fileNames = ['output', 'state', 'env', 'path', 'step_summary'] as const
type Files = Readonly<Record<(typeof fileNames)[number], string>>

async function prepareFiles({ folder, step }: Step): Promise<Files> {
  await mkdir(join(folder, 'workspace'), { recursive: true })
  await mkdir(join(folder, 'temp'), { recursive: true })
  await mkdir(join(folder, 'commands'), { recursive: true })
  const files = fileNames.map(
    (name) => [name, join(folder, 'commands', `${step}-${name}`)] as const,
  )
  for (const [, file] of files) await writeFile(file, '')
  return Object.fromEntries(files) as Files
}

async function runnerVariables(step: Step, files: Files): Promise<Record<string, string>> {
  const toolCache = join(cacheFolder(), 'tool-cache')
  await mkdir(toolCache, { recursive: true })
  const entries = (prefix: string, values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}${key}`, value]))
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: join(step.folder, 'workspace'),
    RUNNER_TEMP: join(step.folder, 'temp'),
    RUNNER_TOOL_CACHE: toolCache,
    RUNNER_OS: { linux: 'Linux', darwin: 'macOS', win32: 'Windows' }[platform() as string] ?? '',
    RUNNER_ARCH: { x64: 'X64', arm64: 'ARM64' }[arch()] ?? '',
    ...Object.fromEntries(fileNames.map((name) => [`GITHUB_${name.toUpperCase()}`, files[name]])),
    ...inputVariables(step.inputs),
    ...entries('STATE_', step.state),
  }
}

/** This machine's environment without what belongs to jest, npm or an enclosing workflow. */
function hostEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(INPUT_|STATE_|GITHUB_|RUNNER_|ACTIONS_|PG|NODE_|JEST_|npm_|UPGRADE_POSTGRES_)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
}

async function readFiles(files: Files) {
  const read = (name: keyof Files) => readFile(files[name], 'utf8')
  const outputs = parseVariables(await read('output'))
  const reportFile = outputs['report-json'] ?? ''
  return {
    outputs,
    state: parseVariables(await read('state')),
    exported: parseVariables(await read('env')),
    paths: (await read('path')).split('\n').filter((line) => line !== ''),
    summary: await read('step_summary'),
    report: existsSync(reportFile)
      ? (JSON.parse(await readFile(reportFile, 'utf8')) as Report)
      : undefined,
  }
}

function ended(
  child: ChildProcess,
): Promise<{ exitCode: number | null; exitSignal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    // "close" also waits for children that hold the action's output open, as the runner does.
    child.once('close', (exitCode, exitSignal) => {
      resolve({ exitCode, exitSignal })
    })
  })
}

function followLog(child: ChildProcess, onOutput: RunOptions['onOutput']) {
  const text = { stdout: '', stderr: '', both: '' }
  const listeners = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
      text.both += chunk
      onOutput?.(chunk)
      for (const listener of listeners) listener()
    })
  }
  return {
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    async prints(pattern: RegExp, finished: Promise<unknown>): Promise<void> {
      const seen = new Promise<'seen'>((resolve) => {
        const look = () => {
          if (pattern.test(text.both)) resolve('seen')
        }
        listeners.add(look)
        look()
      })
      if ((await Promise.race([seen, finished])) !== 'seen' && !pattern.test(text.both)) {
        throw new Error(`The action ended without printing ${String(pattern)}:\n${text.both}`)
      }
    },
  }
}

async function cancel(child: ChildProcess, finished: Promise<ActionRun>): Promise<ActionRun> {
  for (const [signal, patienceMs] of [
    ['SIGINT', interruptedMs],
    ['SIGTERM', terminatedMs],
  ] as const) {
    child.kill(signal)
    const timer = new AbortController()
    const pause = sleep(patienceMs, 'waited' as const, { signal: timer.signal }).catch(
      () => 'ended',
    )
    const first = await Promise.race([pause, finished])
    timer.abort()
    if (first !== 'waited') return finished
  }
  child.kill('SIGKILL')
  return finished
}
