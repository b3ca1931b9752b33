/** Processes and their processor time: of this process, of the programs it started, and of whole servers, from /proc. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const ticksPerSecond = 100

interface Times {
  readonly parent: number
  readonly session: number
  /** Seconds of the process itself. */
  readonly own: number
  /** Seconds of its children that have ended. */
  readonly ended: number
}

async function timesOf(process: number | 'self'): Promise<Times> {
  const text = await readFile(`/proc/${process}/stat`, 'utf8')
  // The name of the program, in parentheses, may contain anything.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const [, parent = 0, , session = 0] = fields
  const [own1 = 0, own2 = 0, ended1 = 0, ended2 = 0] = fields.slice(11, 15)
  return {
    parent,
    session,
    own: (own1 + own2) / ticksPerSecond,
    ended: (ended1 + ended2) / ticksPerSecond,
  }
}

/** Of every process that there is right now. */
async function allTimes(): Promise<{ id: number; times: Times }[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const all = await Promise.all(
    ids.map((id) =>
      timesOf(id).then(
        (times) => [{ id, times }],
        () => [],
      ),
    ),
  )
  return all.flat()
}

/** The processes of a session, as setsid made it. */
export async function processesOfSession(session: number): Promise<number[]> {
  const all = await allTimes()
  return all.filter(({ times }) => times.session === session).map(({ id }) => id)
}

/** Seconds of a server: its postmaster, the sessions that have ended, and those that run. */
export async function serverSeconds(dataDirectory: string): Promise<number> {
  const pidFile = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8')
  const postmaster = Number.parseInt(pidFile, 10)
  return (await allTimes()).reduce((sum, { id, times }) => {
    if (id === postmaster) return sum + times.own + times.ended
    return times.parent === postmaster ? sum + times.own : sum
  }, 0)
}

/** Seconds that all processors have been at work since the machine started. */
export async function busySeconds(): Promise<number> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n')
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softIrq + steal) / ticksPerSecond
}

/** Seconds of this process, and of the programs that it started and that have ended. */
export async function clientSeconds(): Promise<{ own: number; programs: number }> {
  const { own, ended } = await timesOf('self')
  return { own, programs: ended }
}
