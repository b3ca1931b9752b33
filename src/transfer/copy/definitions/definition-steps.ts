/** Puts the pieces of the script into steps: most run in the script's order, and many tables in a row side by side. */
import { separableKinds, type SeparableEntry } from './archive.js'
import type { ScriptPiece } from './definitions-script.js'

/** Queries that depend on each other, in order. */
export type Chain = readonly string[]

/** Chains that may run side by side, once all steps before are done. */
export type Step = readonly Chain[]

/** Each entry takes some locks, which its transaction keeps to its end. */
const entriesInQuery = 100
/** Fewer are not worth more sessions. */
const fewestSideBySide = 200
/** So many for each session are held in memory at a time. */
const mostForSession = 200

interface Separable {
  readonly text: string
  readonly dumpId: number
  /** Dump IDs of others that are separable. */
  readonly needs: readonly number[]
}

/**
 * The archive's dependencies say which of the separable entries have to do with each other; everything else keeps its
 * place. What they fail to say, the server refuses.
 */
export async function* definitionSteps(
  pieces: AsyncIterable<ScriptPiece>,
  separable: readonly SeparableEntry[],
  sessions: number,
): AsyncGenerator<Step> {
  const find = finderOf(separable)
  const settings = new Map<string, string>()
  /** What every session has to be told before its first entry. */
  let preamble: string | undefined
  let inOrder: string[] = []
  let beside: Separable[] = []

  const keepOrder = () => {
    inOrder.push(...beside.map(({ text }) => text))
    beside = []
  }
  const flush = (): Step[] => {
    if (beside.length < fewestSideBySide) keepOrder()
    const steps: Step[] = queriesOf(inOrder, []).map((query) => [[query]])
    const before = [preamble ?? '', ...settings.values()]
    if (beside.length > 0) steps.push(chainsOf(beside, before))
    inOrder = []
    beside = []
    return steps
  }
  for await (const piece of pieces) {
    const found = piece.header === null ? undefined : find(piece.header)
    if (found !== undefined) {
      beside.push({ text: piece.text, ...found })
      if (beside.length === mostForSession * sessions) yield* flush()
      continue
    }
    if (beside.length >= fewestSideBySide || inOrder.length >= entriesInQuery) yield* flush()
    keepOrder()
    preamble ??= piece.text
    if (piece.setting !== null) settings.set(piece.setting, piece.text)
    inOrder.push(piece.text)
  }
  yield* flush()
}

type Finder = (header: string) => Omit<Separable, 'text'> | undefined

/** So many entries of the archive may be missing from the script in a row. */
const mostLeftOut = 100

/** Finds entries by the headers of the script, which has them in the archive's order. One that is not found there keeps its place. */
function finderOf(separable: readonly SeparableEntry[]): Finder {
  const ids = new Set(separable.map(({ dumpId }) => dumpId))
  let next = 0
  return (header) => {
    const [, kind] = /; Type: (.*?); Schema: /.exec(header) ?? []
    if (kind === undefined || !separableKinds.has(kind)) return undefined
    const end = Math.min(separable.length, next + mostLeftOut)
    for (let index = next; index < end; index += 1) {
      const entry = separable[index]
      if (entry?.kind !== kind || !header.startsWith(headerOf(entry))) continue
      next = index + 1
      return { dumpId: entry.dumpId, needs: entry.dependencies.filter((id) => ids.has(id)) }
    }
    return undefined
  }
}

function headerOf({ tag, kind, schema }: SeparableEntry): string {
  return `${tag}; Type: ${kind}; Schema: ${schema ?? '-'}; Owner: `
}

/** Batches of entries as queries, each of which begins with the same lines. */
function queriesOf(texts: readonly string[], before: readonly string[]): string[] {
  const queries: string[] = []
  for (let first = 0; first < texts.length; first += entriesInQuery) {
    queries.push([...before, ...texts.slice(first, first + entriesInQuery)].join(''))
  }
  return queries
}

/** Entries that depend on each other, or on the same one, share a chain; short chains share a query as well. */
function chainsOf(entries: readonly Separable[], before: readonly string[]): Step {
  const groups = new Map<number, string[]>()
  const rootOf = rootsOf(entries)
  for (const { dumpId, text } of entries) {
    const root = rootOf(dumpId)
    const group = groups.get(root)
    if (group === undefined) groups.set(root, [text])
    else group.push(text)
  }
  const long: Chain[] = []
  const short: Chain[] = []
  let gathered: string[] = []
  for (const group of groups.values()) {
    if (group.length >= entriesInQuery) {
      long.push(queriesOf(group, before))
      continue
    }
    if (gathered.length + group.length > entriesInQuery) {
      short.push(queriesOf(gathered, before))
      gathered = []
    }
    gathered.push(...group)
  }
  if (gathered.length > 0) short.push(queriesOf(gathered, before))
  return [...long.sort((one, other) => other.length - one.length), ...short]
}

/** For each dump ID one that stands for all that it is connected with. */
function rootsOf(entries: readonly Separable[]): (id: number) => number {
  const above = new Map<number, number>()
  const rootOf = (id: number): number => {
    let root = id
    for (let next = above.get(root); next !== undefined; next = above.get(root)) root = next
    if (root !== id) above.set(id, root)
    return root
  }
  for (const { dumpId, needs } of entries) {
    for (const need of needs) {
      const [one, other] = [rootOf(dumpId), rootOf(need)]
      if (one !== other) above.set(one, other)
    }
  }
  return rootOf
}
