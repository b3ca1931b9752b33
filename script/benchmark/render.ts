/** Turns measurements into docs/performance.md: ratios first, then every data set with its costs. */
import { format, resolveConfig } from 'prettier'
import { contenders, type Contender, type HeatResult } from './contenders.js'
import type { DataSet } from './data-sets.js'
import { isCalm, median, type Measurement } from './results.js'

export interface SetResults {
  readonly set: DataSet
  readonly measurements: readonly Measurement[]
}

/** All of it, in Markdown. Data sets without measurements are left out. */
export async function renderDocument(all: readonly SetResults[]): Promise<string> {
  const measured = all.filter(({ measurements }) => measurements.length > 0)
  const text = [
    '# Performance',
    introduction,
    renderOverview(measured),
    ...measured.map(renderSet),
  ].join('\n\n')
  return format(text, { ...(await resolveConfig('docs/performance.md')), parser: 'markdown' })
}

const introduction = `What every method takes, side by side, as \`script/bench\` measures it. Seconds mean nothing on another machine; ratios do.

- All of them move the same database between the same two servers, one after the other, in rounds that begin with another
  one each time. The tables show the median. Only the transfer counts: no validation, no ANALYZE, no VACUUM.
- \`custom\`, \`plain\` and \`stream\` are the tools with one job, as the guides run them; \`parallel\`, \`copy\` and pgcopydb have as
  many jobs as the machine has cores. pgcopydb runs with \`--use-copy-binary --skip-vacuum --skip-analyze\`.
- *The floor* is what COPY out, COPY in and the index builds cost the two servers alone, from and into files, divided by
  the number of cores. Definitions, foreign keys and large objects are not in it.
- Data sets are described as they are at scale 1; if a set was measured at another scale, its section says so.
- \`copy\` plans while pg_dump dumps the definitions: of its phases, these two overlap.
- Both servers are durable, as PostgreSQL comes (\`fsync\`, \`full_page_writes\` and \`synchronous_commit\` on), with autovacuum
  off, 512 MB of \`shared_buffers\` and room for 8 GB of WAL.
- *Others* is what else ran on the machine at the same time. A run in which that was more than a tenth of all cores does not
  count if there is a calmer one; if there is none, the runs are called disturbed, and their seconds are too high.
- Each one runs in a process of its own. *Our process* is Node.js with the code as it is bundled for users; its memory is
  the most that was resident. *Tools* are the programs that it starts: the client tools, or pgcopydb.`

function renderOverview(all: readonly SetResults[]): string {
  const peers = contenders.filter((name) => name !== 'copy')
  const head = ['data set', ...peers, 'the floor', "our CPU in parts of the servers'"]
  const rows = all.map(({ set, measurements }) => {
    const copy = summarise(measurements, 'copy')
    const ratios = [...peers, 'floor' as const].map((name) =>
      ratioOf(copy, summarise(measurements, name)),
    )
    const share =
      copy?.costs == null ? '–' : (copy.costs.ownSeconds / copy.costs.serverSeconds).toFixed(3)
    return [set.name, ...ratios, share]
  })
  return `## What \`copy\` takes in parts of the others' time\n\n${table(head, rows)}`
}

function renderSet({ set, measurements }: SetResults): string {
  const copy = summarise(measurements, 'copy')
  const floor = summarise(measurements, 'floor')
  const rows = contenders.flatMap((name) => {
    const summary = summarise(measurements, name)
    return summary === undefined ? [] : [rowOf(name, summary, { copy, floor })]
  })
  const head = [
    'method',
    'runs',
    'seconds',
    '`copy` takes',
    'of the floor',
    'servers, CPU s',
    'our process, CPU s',
    'tools, CPU s',
    'others, CPU s',
    'our memory, MB',
  ]
  const paragraphs = [
    `## ${set.name}`,
    `${set.what}; ${((measurements[0]?.bytes ?? 0) / 1e9).toFixed(2)} GB. ${describeReferences(measurements)}`,
    table(head, rows),
    describePhases(measurements),
    describeConditions(measurements),
  ]
  return paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')
}

interface Summary {
  readonly runs: number
  /** Other programs took their share of the machine in every run. */
  readonly isDisturbed: boolean
  readonly seconds: number
  readonly isStopped: boolean
  readonly costs: Omit<HeatResult, 'seconds' | 'phases'> | null
}

function summarise(
  measurements: readonly Measurement[],
  method: Measurement['method'],
): Summary | undefined {
  const all = measurements.filter((measurement) => measurement.method === method)
  const calm = all.filter(isCalm)
  const own = calm.length === 0 ? all : calm
  if (own.length === 0) return undefined
  const seconds = median(own.map((measurement) => measurement.seconds))
  const costs = own.flatMap((measurement) => measurement.costs ?? [])
  const of = (name: Exclude<keyof HeatResult, 'seconds' | 'phases'>) =>
    median(costs.map((cost) => cost[name]))
  return {
    runs: own.length,
    isDisturbed: calm.length === 0 && own.some((measurement) => measurement.costs !== null),
    seconds,
    isStopped: own.some((measurement) => measurement.isStopped && measurement.seconds <= seconds),
    costs:
      costs.length === 0
        ? null
        : {
            serverSeconds: of('serverSeconds'),
            ownSeconds: of('ownSeconds'),
            programSeconds: of('programSeconds'),
            otherSeconds: of('otherSeconds'),
            peakBytes: of('peakBytes'),
          },
  }
}

function ratioOf(mine: Summary | undefined, other: Summary | undefined): string {
  if (mine === undefined || other === undefined || mine.isStopped) return '–'
  return `${other.isStopped ? '< ' : ''}${(mine.seconds / other.seconds).toFixed(2)}`
}

function rowOf(
  name: Contender,
  summary: Summary,
  { copy, floor }: { copy: Summary | undefined; floor: Summary | undefined },
): string[] {
  const { runs, seconds, isStopped, isDisturbed, costs } = summary
  const isOurs = name !== 'pgcopydb'
  const cost = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? '–'
  return [
    `\`${name}\``,
    `${runs}${isDisturbed ? ' disturbed' : ''}`,
    isStopped ? `stopped after ${seconds}` : seconds.toFixed(1),
    ratioOf(copy, summary),
    isStopped ? '–' : ratioOf(summary, floor),
    cost(costs?.serverSeconds, 1),
    isOurs ? cost(costs?.ownSeconds, 2) : '–',
    cost(costs?.programSeconds, 2),
    cost(costs?.otherSeconds, 1),
    isOurs ? cost(costs === null ? undefined : costs.peakBytes / 1e6, 0) : '–',
  ]
}

function describeReferences(measurements: readonly Measurement[]): string {
  const floor = summarise(measurements, 'floor')
  const definitions = summarise(measurements, 'definitions')
  return [
    ...(floor === undefined
      ? []
      : [`The floor is ${floor.seconds.toFixed(1)} s${floor.isDisturbed ? ' (disturbed)' : ''}.`]),
    ...(definitions === undefined
      ? []
      : [`pg_dump takes ${definitions.seconds.toFixed(1)} s for the definitions alone.`]),
  ].join(' ')
}

/** Phases of `copy` shorter than this are not worth a word. */
const shortestPhase = 0.05

function describePhases(measurements: readonly Measurement[]): string {
  const runs = measurements
    .filter(({ method }) => method === 'copy')
    .flatMap(({ costs }) => (costs === null ? [] : [costs.phases]))
  const names = [...new Set(runs.flatMap((phases) => Object.keys(phases)))]
  const spent = names
    .map((name) => ({ name, seconds: median(runs.map((phases) => phases[name] ?? 0)) }))
    .filter(({ seconds }) => seconds >= shortestPhase)
    .map(({ name, seconds }) => `${name} ${seconds.toFixed(1)} s`)
  return spent.length === 0 ? '' : `The phases of \`copy\`: ${spent.join(', ')}.`
}

function describeConditions(measurements: readonly Measurement[]): string {
  const [first] = measurements
  if (first === undefined) return ''
  const { conditions } = first
  const days = [...new Set(measurements.map(({ at }) => at.slice(0, 10)))].join(', ')
  const peer = conditions.pgcopydb === null ? '' : `, pgcopydb ${conditions.pgcopydb}`
  const scale = conditions.scale === 1 ? '' : `, at scale ${conditions.scale}`
  return `Measured ${days} on ${conditions.cores} cores (${conditions.processor}), PostgreSQL ${conditions.source} to ${conditions.target} on the same machine, data in ${conditions.storage === 'memory' ? 'memory' : 'files on disk'}, client tools ${conditions.tools}${peer}, ${conditions.jobs} jobs${scale}.`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
