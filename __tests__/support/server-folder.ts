/** The folders of running test servers: who owns each one, and how all of one owner's are ended. */
import { execFileSync } from 'node:child_process'
import { chown, mkdtemp, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const prefix = 'upgrade-postgres-server-'
const ownerFile = 'owner.pid'
const patienceMs = 20_000

/** Linux keeps it in memory, where a database is created and dropped in a half to a third of the time. */
const inMemory = '/dev/shm'
/** What a server and its neighbours may grow by, in bytes, while they have no disk under them. */
const roomInMemory = 12 * 1024 ** 3

/** The process whose end means that nobody needs the server any more: jest, or a script. */
export function ownerProcess(): number {
  return Number(process.env['UPGRADE_POSTGRES_TEST_RUNNER'] ?? process.pid)
}

export interface Identity {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root, so root's servers run as `nobody`; undefined for everybody else. */
export function serverIdentity(): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined
  const idOf = (flag: string): number =>
    Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}

async function parentOfNewFolder(): Promise<string> {
  const { bavail, bsize } = await statfs(inMemory).catch(() => ({ bavail: 0, bsize: 0 }))
  const room = Math.min(bavail * bsize, process.availableMemory())
  return room >= roomInMemory ? inMemory : tmpdir()
}

/** A new folder for one server, owned by the user that will run it. */
export async function createServerFolder(identity: Identity | undefined): Promise<string> {
  const folder = await mkdtemp(join(await parentOfNewFolder(), prefix))
  await writeFile(join(folder, ownerFile), String(ownerProcess()))
  if (identity !== undefined) await chown(folder, identity.uid, identity.gid)
  return folder
}

/** Ends the server that lives in the folder, if it still does, and removes the folder. */
export async function endServer(folder: string, signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
  const pid = await serverProcess(folder)
  if (pid !== undefined) {
    send(pid, signal)
    const deadline = Date.now() + patienceMs
    while (isAlive(pid)) {
      if (Date.now() > deadline) send(pid, 'SIGQUIT')
      if (Date.now() > deadline + patienceMs) throw new Error(`Server ${pid} does not end.`)
      await sleep(20)
    }
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
}

/** Ends every server whose owner fulfils the condition; folders of other users are left alone. */
export async function endServersOf(isOwner: (pid: number) => boolean): Promise<void> {
  const folders = (await Promise.all([...new Set([tmpdir(), inMemory])].map(foldersIn))).flat()
  await Promise.all(
    folders.map(async (folder) => {
      const owner = await readFile(join(folder, ownerFile), 'utf8').catch(() => undefined)
      if (owner !== undefined && isOwner(Number(owner))) await endServer(folder, 'SIGQUIT')
    }),
  )
}

async function foldersIn(parent: string): Promise<string[]> {
  const names = await readdir(parent).catch(() => [])
  return names.filter((name) => name.startsWith(prefix)).map((name) => join(parent, name))
}

/** Whether a process of that number runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The postmaster of the folder; undefined when it has ended, even if its number now belongs to another program. */
async function serverProcess(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  if (Number.isNaN(pid) || !isAlive(pid)) return undefined
  return (await commandLine(pid)).includes(folder) ? pid : undefined
}

async function commandLine(pid: number): Promise<string> {
  try {
    return await readFile(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // macOS has no /proc.
    return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended by itself in the meantime.
  }
}
