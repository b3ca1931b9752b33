/** Chooses the method for one database and says why. */
import type { MethodName } from '../report/report.js'

export interface MethodFacts {
  /** Why the method `copy` cannot be used; null when it can. */
  readonly againstCopy: string | null
  readonly bytes: number
  /** Tables that are at least a tenth of the database. */
  readonly bigTables: number
  /** Rows of extensions' configuration tables may have to be there before those of other tables. */
  readonly configurationFirst: boolean
  readonly jobs: number
  /** Free bytes in dump-directory; null where the system does not tell. */
  readonly freeDiskBytes: number | null
}

export interface MethodChoice {
  readonly name: MethodName
  readonly why: string
}

const gigabyte = 1024 ** 3
/** Below this, starting several processes and writing files costs more than it wins. */
const worthParallel = 4 * gigabyte
/** A compressed dump without indexes is seldom larger than half of the database; this leaves room for the exception. */
const dumpShare = 0.8

/** `auto`: our own copy unless something rules it out; then the parallel directory format where it pays and fits, a stream otherwise. */
export function chooseMethod(facts: MethodFacts): MethodChoice {
  const { againstCopy } = facts
  if (againstCopy === null) {
    return {
      name: 'copy',
      why: 'the fastest: rows go from server to server, and indexes are built as soon as their table is filled',
    }
  }
  const { name, why } = chooseAmongTools(facts)
  return { name, why: `copy is ruled out by ${againstCopy}; ${why}` }
}

function chooseAmongTools(facts: MethodFacts): MethodChoice {
  const { bytes, bigTables, jobs, freeDiskBytes, configurationFirst } = facts
  const hasRoom = freeDiskBytes !== null && freeDiskBytes >= bytes * dumpShare
  const stream = (why: string): MethodChoice =>
    configurationFirst && hasRoom
      ? {
          name: 'custom',
          why: "rows of extensions' configuration tables have to come first, which a stream does not do",
        }
      : { name: 'stream', why }
  if (jobs < 2) return stream('one job: nothing can run in parallel')
  if (bytes < worthParallel) {
    return stream('a small database: a pipe needs no disk and is as fast')
  }
  if (bigTables < 2) {
    return stream('one table holds nearly everything: parallel jobs would wait for it')
  }
  if (!hasRoom) return stream('dump-directory may not have room for the dump')
  return {
    name: 'parallel',
    why: `${bigTables} big tables for ${jobs} jobs, and room for the dump`,
  }
}
