/** What a run may not leave behind: processes, files, and secrets in anything that was written. */
import { readdir, readFile, readlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { ActionRun } from './runner.js'

/** The processes that belong to the run and still live: of its session, or with its folder in arguments, variables or working folder. Linux only. */
export async function processesLeft(run: Pick<ActionRun, 'pid' | 'folder'>): Promise<string[]> {
  const numbers = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name))
  const found = await Promise.all(numbers.map((number) => describeProcess(number, run)))
  return found.filter((description) => description !== undefined)
}

async function describeProcess(
  number: string,
  { pid, folder }: Pick<ActionRun, 'pid' | 'folder'>,
): Promise<string | undefined> {
  const read = (name: string) => readFile(`/proc/${number}/${name}`, 'utf8').catch(() => '')
  const stat = await read('stat')
  // The name, in parentheses, may hold anything; state, parent, group and session follow it.
  const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (stat === '' || state === 'Z' || number === String(process.pid)) return undefined
  const workingFolder = await readlink(`/proc/${number}/cwd`).catch(() => '')
  const texts = [await read('cmdline'), await read('environ'), workingFolder]
  const belongs = session === String(pid) || texts.some((text) => text.includes(folder))
  return belongs ? `${number}: ${(await read('cmdline')).replaceAll('\0', ' ').trim()}` : undefined
}

/** Every file under RUNNER_TEMP, by path relative to it. */
export async function filesLeft(run: Pick<ActionRun, 'runnerTemp'>): Promise<string[]> {
  return (await filesUnder(run.runnerTemp)).map((file) => relative(run.runnerTemp, file)).sort()
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Where a secret can be read, plain or percent-encoded: the log but for its add-mask lines, and every file that the run has left. */
export async function secretsLeaked(run: ActionRun, secrets: readonly string[]): Promise<string[]> {
  const log = `${run.stdout}\n${run.stderr}`.split('\n')
  const places = new Map<string, string>([
    ['log', log.filter((line) => !line.startsWith('::add-mask::')).join('\n')],
  ])
  for (const file of await filesUnder(run.folder)) {
    places.set(relative(run.folder, file), await readFile(file, 'latin1').catch(() => ''))
  }
  const forms = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)])
  const isIn = (text: string) => forms.some((form) => text.includes(form))
  return [...places].filter(([, text]) => isIn(text)).map(([place]) => place)
}
