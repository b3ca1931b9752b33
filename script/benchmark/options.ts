/** The command line of the benchmark. */
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { contenders, type Contender } from './contenders.js'
import { dataSets, type DataSet } from './data-sets.js'

export const usage = `script/bench [--sets pgbench,mixed,many,wide,huge,encrypted,far] [--methods plain,custom,stream,parallel,copy,pgcopydb,floor]
             [--rounds 3] [--once plain,custom,stream] [--limit 300] [--scale 1] [--jobs N] [--source 11] [--target 18]
             [--pgcopydb PROGRAM] [--directory FOLDER] [--results FOLDER] [--write]

Starts two servers, fills the source, and lets the methods move every data set in turn, so many rounds.

--once       methods that take part in the first round only, where time is short
--limit      seconds after which a method is stopped, and reported as stopped
--pgcopydb   the program; otherwise the variable PGCOPYDB names it, or it is the one on PATH
--directory  where the servers and the dumps are, about four times the size of a data set. In memory (/dev/shm) disks
             stay out of the comparison. ext4 takes long to give out the inodes of deleted files again: there,
             dropping thousands of tables slows the next restore.
--results    where measurements are kept as soon as they are made. A later run adds its rounds; remove the file
             of a data set to measure it anew. --rounds 0 measures nothing and shows what is there.
--write      puts the tables into docs/performance.md

The machine should do nothing else meanwhile.`

export interface Options {
  readonly sets: readonly DataSet[]
  readonly methods: readonly (Contender | 'floor')[]
  readonly rounds: number
  readonly once: readonly string[]
  readonly limitSeconds: number
  readonly scale: number
  readonly jobs: number
  readonly sourceMajor: number
  readonly targetMajor: number
  readonly pgcopydb: string | undefined
  readonly directory: string
  readonly results: string
  readonly write: boolean
}

/** Null when only the usage is wanted. */
export function readOptions(): Options | null {
  const { values } = parseArgs({
    options: {
      sets: { type: 'string', default: dataSets.map(({ name }) => name).join(',') },
      methods: { type: 'string', default: [...contenders, 'floor'].join(',') },
      once: { type: 'string', default: '' },
      rounds: { type: 'string', default: '3' },
      limit: { type: 'string', default: '300' },
      scale: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      source: { type: 'string', default: '11' },
      target: { type: 'string', default: '18' },
      pgcopydb: { type: 'string' },
      directory: { type: 'string', default: tmpdir() },
      results: { type: 'string', default: join(tmpdir(), 'upgrade-postgres-bench-results') },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  return {
    sets: choose(dataSets, ({ name }) => name, values.sets),
    methods: choose([...contenders, 'floor' as const], (name) => name, values.methods),
    rounds: Number(values.rounds),
    once: values.once.split(','),
    limitSeconds: Number(values.limit),
    scale: Number(values.scale),
    jobs: Number(values.jobs),
    sourceMajor: Number(values.source),
    targetMajor: Number(values.target),
    pgcopydb: values.pgcopydb ?? process.env['PGCOPYDB'],
    directory: values.directory,
    results: values.results,
    write: values.write,
  }
}

function choose<T>(all: readonly T[], nameOf: (item: T) => string, text: string): T[] {
  const names = text.split(',')
  const unknown = names.filter((name) => !all.some((item) => nameOf(item) === name))
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(', ')}.\n\n${usage}`)
  return all.filter((item) => names.includes(nameOf(item)))
}
