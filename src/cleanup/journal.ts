/** What this run has left lying about so far, in a file, so that the post step can clear it away after a kill. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf, UpgradeError } from '../errors.js'
import type { Freeze } from '../server/index.js'
import type { BorrowedRole } from '../roles/index.js'

/** A child process; its start time tells it from a later process with the same number. */
export interface Child {
  readonly processId: number
  /** Clock ticks since boot (field 22 of /proc/PID/stat); null where the system does not tell. */
  readonly startTime: string | null
}

/** Never a secret: names, numbers and paths only. */
export interface JournalEntries {
  /** The servers on which the run has had sessions. */
  readonly connected: readonly ('source' | 'target')[]
  readonly children: readonly Child[]
  readonly stagingDatabases: readonly string[]
  /** Databases that have got their real names on the target. */
  readonly published: readonly string[]
  /** Roles that a rehearsal has created for its own time. */
  readonly roles: readonly string[]
  /** Files and folders that hold dumps or secrets. */
  readonly paths: readonly string[]
  readonly applicationName: string
  /** Roles of the target whose membership the administrator has borrowed. */
  readonly borrowedRoles: readonly BorrowedRole[]
  /** Set while the source is frozen by this run. */
  readonly freeze: Freeze | null
}

/** A run that has left nothing yet. */
export function emptyEntries(applicationName: string): JournalEntries {
  return {
    connected: [],
    children: [],
    stagingDatabases: [],
    published: [],
    roles: [],
    paths: [],
    applicationName,
    borrowedRoles: [],
    freeze: null,
  }
}

export interface Journal {
  readonly entries: () => JournalEntries
  readonly addConnected: (side: 'source' | 'target') => void
  readonly addChild: (processId: number) => void
  readonly addStagingDatabase: (name: string) => void
  readonly removeStagingDatabase: (name: string) => void
  readonly addPublished: (name: string) => void
  readonly removePublished: (name: string) => void
  readonly addBorrowedRole: (borrowed: BorrowedRole) => void
  readonly clearBorrowedRoles: () => void
  readonly addRoles: (names: readonly string[]) => void
  readonly clearRoles: () => void
  readonly addPath: (path: string) => void
  readonly setFreeze: (freeze: Freeze | null) => void
}

/** Keeps a journal in `file`; what is added is on disk before the function returns. */
export function openJournal(file: string, applicationName: string): Journal {
  let entries = emptyEntries(applicationName)
  const change = (changes: Partial<JournalEntries>) => {
    entries = { ...entries, ...changes }
    writeJournal(file, entries)
  }
  /** What is done, is done: that this cannot be written down any more must not fail a run that has passed. */
  const settle = (changes: Partial<JournalEntries>) => {
    try {
      change(changes)
    } catch {
      entries = { ...entries, ...changes }
    }
  }
  change({})
  return {
    entries: () => entries,
    addConnected(side) {
      change({ connected: [...entries.connected, side] })
    },
    addChild(processId) {
      change({ children: [...entries.children, { processId, startTime: startTimeOf(processId) }] })
    },
    addStagingDatabase(name) {
      change({ stagingDatabases: [...entries.stagingDatabases, name] })
    },
    removeStagingDatabase(name) {
      settle({ stagingDatabases: entries.stagingDatabases.filter((staging) => staging !== name) })
    },
    addPublished(name) {
      settle({ published: [...entries.published, name] })
    },
    removePublished(name) {
      settle({ published: entries.published.filter((published) => published !== name) })
    },
    addBorrowedRole(borrowed) {
      change({ borrowedRoles: [...entries.borrowedRoles, borrowed] })
    },
    clearBorrowedRoles() {
      settle({ borrowedRoles: [] })
    },
    addRoles(names) {
      change({ roles: [...entries.roles, ...names] })
    },
    clearRoles() {
      settle({ roles: [] })
    },
    addPath(path) {
      change({ paths: [...entries.paths, path] })
    },
    setFreeze(freeze) {
      if (freeze === null) settle({ freeze })
      else change({ freeze })
    },
  }
}

/** The whole file at once; the one before stands where there is no room for it. */
export function writeJournal(file: string, entries: JournalEntries): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(entries), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  } catch (error) {
    throw explainFull(error, dirname(file))
  }
}

/** Node does not say where there was no space. */
function explainFull(error: unknown, folder: string): unknown {
  if (codeOf(error) !== 'ENOSPC') return error
  return new UpgradeError(`The disk behind the private folder ${folder} is full.`, {
    code: 'disk-full',
    side: 'runner',
    hint: 'Make room on that disk of the machine that runs the action (on a runner, RUNNER_TEMP; elsewhere TMPDIR), and run again.',
    cause: error,
  })
}

/** The entries of an earlier process; undefined when there is no journal, which means that it cleaned up itself. */
export function readJournal(file: string): JournalEntries | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JournalEntries
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** When a process started; null when it is gone or the system has no /proc. */
export function startTimeOf(processId: number): string | null {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8')
    // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
