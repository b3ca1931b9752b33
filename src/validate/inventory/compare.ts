/** Compares the inventories of both sides, kind by kind, by definition. */
import { doing, UpgradeError } from '../../errors.js'
import type { Difference } from '../../report/report.js'
import { providerRoles } from '../../roles/index.js'
import type { Session } from '../../server/index.js'
import { majorsOf, onBothSides, workOff, type Both, type DatabaseSide } from '../sides.js'
import type { InventoryRow, Kind, Versions } from './kind.js'
import { kinds as allKinds } from './kinds/all.js'
import { readNaming, type Naming } from './naming.js'
import { rereadCode, type CodePair } from './reread.js'

type Rows = ReadonlyMap<string, InventoryRow>

/**
 * Compares every kind of object in the catalogs. `jobs` sessions work on each side. A kind is compared once both sides have
 * read it, and not held any longer: of many tables, all that is read would be the most that a run holds in memory.
 */
export async function compareInventory(
  sides: Both<DatabaseSide>,
  jobs: number,
  kinds: readonly Kind[] = allKinds,
): Promise<Difference[]> {
  const stop = new AbortController()
  const naming = await readNaming(sides)
  const rows = { source: new Map<Kind, Rows>(), target: new Map<Kind, Rows>() }
  const found = new Map<Kind, KindResult>()
  await onBothSides(sides, async (side) => {
    const versions = versionsOf(sides, side)
    const work = async (session: Session, kind: Kind): Promise<void> => {
      rows[side.server.side].set(kind, await readKind(session, kind, versions))
      const [source, target] = [rows.source.get(kind), rows.target.get(kind)]
      if (source === undefined || target === undefined) return
      rows.source.delete(kind)
      rows.target.delete(kind)
      found.set(kind, compareKind(kind, source, target, naming))
    }
    await workOff(side, { jobs, tasks: kinds, work, stop })
  })
  const inOrder = kinds.flatMap((kind) => found.get(kind) ?? [])
  return allDifferences(sides.target, inOrder, naming, jobs)
}

/** What a query of the inventory has to know of the side that runs it. */
export function versionsOf(sides: Both<DatabaseSide>, { server }: DatabaseSide): Versions {
  const { major, isSuperuser } = server.facts
  const both = [sides.source, sides.target]
  const ofProviders = new Set(both.flatMap((each) => providerRoles(each.server.facts.provider)))
  return { ...majorsOf(sides), major, isSuperuser, providerRoles: [...ofProviders] }
}

/** The differences of all kinds, after `jobs` sessions of the target have read again the code whose text differs. */
export async function allDifferences(
  target: DatabaseSide,
  found: readonly KindResult[],
  naming: Naming,
  jobs: number,
): Promise<Difference[]> {
  const code = found.flatMap((each) => each.code)
  const equal = await rereadCode(target, code, naming, jobs)
  return found.flatMap(({ differences, code }) => [
    ...differences,
    ...code.filter((pair) => !equal.has(pair)).map(({ difference }) => difference),
  ])
}

/** The server does not say what an object is called that has been dropped since the snapshot. */
type Read = InventoryRow | { readonly object: null }

function droppedMeanwhile({ side }: Session): UpgradeError {
  return new UpgradeError('one that the snapshot holds has been dropped since.', {
    code: 'definitions-changed',
    side,
  })
}

/** Reads every object of one kind, by name. */
export async function readKind(session: Session, kind: Kind, versions: Versions): Promise<Rows> {
  const rows = new Map<string, InventoryRow>()
  const what = `list every ${kind.kind} on the ${session.side}`
  await doing(what, async () => {
    for await (const batch of session.batches<Read>(kind.sql(versions))) {
      for (const row of batch) {
        if (row.object === null) throw droppedMeanwhile(session)
        rows.set(row.object, row)
      }
    }
  })
  return rows
}

export interface KindResult {
  readonly differences: Difference[]
  /** Code whose text differs; whether it means the same is seen later. */
  readonly code: CodePair[]
}

/** Compares the objects of one kind by name, then fact by fact. */
export function compareKind(kind: Kind, source: Rows, target: Rows, naming: Naming): KindResult {
  const result: KindResult = { differences: [], code: [] }
  const [allBefore, allAfter] = [byPlainName(source, naming), byPlainName(target, naming)]
  const names = [...new Set([...allBefore.keys(), ...allAfter.keys()])].sort()
  for (const object of names) {
    const before = allBefore.get(object)
    const after = allAfter.get(object)
    if (before === undefined || after === undefined) {
      if (after === undefined && before?.carried === false) continue
      result.differences.push(missing(kind, before, after))
      continue
    }
    const difference = compareFacts(kind, before, after, naming)
    if (difference !== undefined) result.differences.push(difference)
    result.code.push(...compareCode(kind, before, after, naming))
  }
  return result
}

function byPlainName(rows: Rows, { plain }: Naming): Rows {
  return new Map([...rows].map(([object, row]) => [plain(object), row]))
}

function missing(
  kind: Kind,
  before: InventoryRow | undefined,
  after: InventoryRow | undefined,
): Difference {
  const row = before ?? after
  return {
    kind: row?.kind ?? kind.kind,
    object: row?.object ?? '',
    source: before === undefined ? null : describe(kind, before),
    target: after === undefined ? null : describe(kind, after),
  }
}

function compareFacts(
  kind: Kind,
  before: InventoryRow,
  after: InventoryRow,
  naming: Naming,
): Difference | undefined {
  const names = new Set([...Object.keys(before.facts), ...Object.keys(after.facts)])
  const differing = [...names].filter((name) => {
    const source = before.facts[name] ?? null
    const target = after.facts[name] ?? null
    return !isSame(textOf(source), textOf(target), naming) && !agree(kind, name, source, target)
  })
  if (differing.length === 0) return undefined
  const told = (facts: InventoryRow['facts']) =>
    differing
      .map((name) => `${name}: ${shown(toldOf(kind, name, facts[name], before.object))}`)
      .join('; ')
  return {
    kind: before.kind ?? kind.kind,
    object: before.object,
    source: told(before.facts),
    target: told(after.facts),
  }
}

function agree(kind: Kind, name: string, source: unknown, target: unknown): boolean {
  return kind.agree?.(name, source, target) === true
}

function isSame(source: string, target: string, { plain }: Naming): boolean {
  return source === target || plain(source) === plain(target)
}

function compareCode(
  kind: Kind,
  before: InventoryRow,
  after: InventoryRow,
  naming: Naming,
): CodePair[] {
  return Object.keys(before.code ?? {}).flatMap((name): CodePair[] => {
    const source = before.code?.[name] ?? null
    const target = after.code?.[name] ?? null
    if (isSame(textOf(source), textOf(target), naming)) return []
    const { object } = before
    const told = (text: string | null) => `${name}: ${shown(toldOf(kind, name, text, object))}`
    const difference = {
      kind: before.kind ?? kind.kind,
      object,
      source: told(source),
      target: told(target),
    }
    return [{ difference, name, source, target, within: withinOf(after, name) }]
  })
}

function withinOf({ within }: InventoryRow, name: string): string | null {
  return (typeof within === 'object' ? within?.[name] : within) ?? null
}

/** What an object that the other side lacks is, in one line. */
function describe(kind: Kind, { object, facts, code }: InventoryRow): string {
  const all = Object.entries({ ...facts, ...code }).filter(([, value]) => isTelling(value))
  const text = all
    .map(([name, value]) => `${name}: ${shown(toldOf(kind, name, value, object))}`)
    .join('; ')
  return text === '' ? 'present' : text
}

function toldOf(kind: Kind, name: string, value: unknown, object: string): unknown {
  return kind.told === undefined ? value : kind.told(name, value, object)
}

function isTelling(value: unknown): boolean {
  return value !== null && value !== undefined && value !== false && value !== ''
}

function shown(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'none'
  return typeof value === 'string' ? value : textOf(value)
}

/** jsonb has a fixed order of keys, so equal values have equal texts. */
function textOf(value: unknown): string {
  return JSON.stringify(value ?? null)
}
