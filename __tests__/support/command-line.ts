/** Packs this repository as npm does, installs the package into an empty folder without a network, and runs its command. */
import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { repository } from './action-inputs.js'
import { cacheFolder } from './server-binaries.js'

const execute = promisify(execFile)

/** Less than a test may take. */
const limitMs = 110_000

export interface CommandPackage {
  readonly tarball: string
  /** A folder with the package installed in it, and nothing else. */
  readonly folder: string
  /** The installed command. */
  readonly command: string
}

/** What is left when the command has ended. */
export interface CommandRun {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly pid: number
}

export interface StartedCommand {
  readonly pid: number
  readonly finished: Promise<CommandRun>
  /** Resolves once stderr matches; rejects when the command ends without. */
  readonly says: (pattern: RegExp) => Promise<void>
  readonly signal: (signal: NodeJS.Signals) => void
}

/** npm with a cache of its own, which knows no registry. */
export async function offlineNpm(
  program: 'npm' | 'npx',
  given: readonly string[],
  folder: string,
): Promise<{ stdout: string; stderr: string }> {
  return execute(program, given, {
    cwd: folder,
    env: {
      ...hostEnvironment(),
      npm_config_cache: join(folder, '.npm-cache'),
      npm_config_offline: 'true',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
    },
    timeout: limitMs,
  })
}

/** Packs and installs. */
export async function installPackage(): Promise<CommandPackage> {
  const parent = process.env['UPGRADE_POSTGRES_TEST_STATE'] ?? tmpdir()
  const packed = await mkdtemp(join(parent, 'packed-'))
  await offlineNpm('npm', ['pack', repository, '--pack-destination', packed], packed)
  const [name = ''] = (await readdir(packed)).filter((file) => file.endsWith('.tgz'))
  const tarball = join(packed, name)
  const folder = await mkdtemp(join(parent, 'installed-'))
  await offlineNpm('npm', ['install', tarball], folder)
  return { tarball, folder, command: join(folder, 'node_modules', '.bin', 'upgrade-postgres') }
}

/** Starts the command in `folder`, without a terminal and without stdin, and returns while it works. */
export function startCommand(
  command: string,
  given: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): StartedCommand {
  const child = spawn(command, given, {
    cwd: folder,
    env: {
      ...hostEnvironment(),
      XDG_CACHE_HOME: dirname(cacheFolder()),
      TMPDIR: join(folder, 'temp'),
      ...environment,
    },
    // A session of its own, so that its children can be told from other processes.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const text = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
      for (const listener of listeners) listener()
    })
  }
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs)
  const finished = new Promise<CommandRun>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => {
      clearTimeout(limit)
      resolve({ exitCode, ...text, pid: child.pid ?? 0 })
    })
  })
  // Whoever awaits it sees the failure; until then it must not end the process.
  finished.catch(() => undefined)
  return {
    pid: child.pid ?? 0,
    finished,
    signal: (signal) => child.kill(signal),
    async says(pattern) {
      const seen = new Promise<'seen'>((resolve) => {
        const look = () => {
          if (pattern.test(text.stderr)) resolve('seen')
        }
        listeners.add(look)
        look()
      })
      if ((await Promise.race([seen, finished])) !== 'seen' && !pattern.test(text.stderr)) {
        throw new Error(`The command ended without saying ${String(pattern)}:\n${text.stderr}`)
      }
    },
  }
}

/** Makes an empty folder for one run, with a folder for temporary files in it. */
export async function emptyFolder(): Promise<string> {
  const parent = process.env['UPGRADE_POSTGRES_TEST_STATE'] ?? tmpdir()
  const folder = await mkdtemp(join(parent, 'command-'))
  await mkdir(join(folder, 'temp'))
  return folder
}

/** The arguments of every process of that session. Linux only. */
export async function argumentsOfSession(session: number): Promise<string[]> {
  const numbers = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name))
  const found = await Promise.all(
    numbers.map(async (number) => {
      const read = (name: string) => readFile(`/proc/${number}/${name}`, 'utf8').catch(() => '')
      const stat = await read('stat')
      const [, , , owner] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return owner === String(session) ? read('cmdline') : ''
    }),
  )
  return found.filter((line) => line !== '').map((line) => line.replaceAll('\0', ' '))
}

/** This machine's environment without what belongs to jest, npm or an enclosing workflow. */
function hostEnvironment(): NodeJS.ProcessEnv {
  const foreign =
    /^(INPUT_|STATE_|GITHUB_|RUNNER_|ACTIONS_|PG|NODE_|JEST_|npm_|UPGRADE_POSTGRES_|(SOURCE|TARGET)_PASSWORD$)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))
}
