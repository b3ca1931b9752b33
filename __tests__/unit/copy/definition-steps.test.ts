import { describe, expect, test } from '@jest/globals'
import type { ArchiveEntry } from '../../../src/transfer/copy/definitions/archive.js'
import {
  definitionSteps,
  type Step,
} from '../../../src/transfer/copy/definitions/definition-steps.js'
import type { ScriptPiece } from '../../../src/transfer/copy/definitions/definitions-script.js'

const preamble: ScriptPiece = { text: 'SET xmloption = content;\n', header: null, setting: null }

function table(dumpId: number, tag: string, dependencies: number[] = []): ArchiveEntry {
  return {
    dumpId,
    oid: dumpId,
    tag,
    kind: 'TABLE',
    section: 'pre-data',
    statements: '',
    isText: true,
    schema: 'public',
    tablespace: null,
    dependencies,
  }
}

const headerOf = (tag: string, kind = 'TABLE') => `${tag}; Type: ${kind}; Schema: public; Owner: me`
const pieceOf = ({ tag }: ArchiveEntry): ScriptPiece => ({
  text: `CREATE ${tag};\n`,
  header: headerOf(tag),
  setting: null,
})
const view = (tag: string): ScriptPiece => ({
  text: `CREATE ${tag};\n`,
  header: headerOf(tag, 'VIEW'),
  setting: null,
})
const setting = (value: string): ScriptPiece => ({
  text: `SET default_tablespace = ${value};\n`,
  header: null,
  setting: 'default_tablespace',
})

/** Tables that depend on their schema alone, which is not separable. */
const tables = (count: number, first = 1) =>
  Array.from({ length: count }, (_, index) => table(first + index, `t${first + index}`, [9_999]))

async function stepsOf(
  pieces: readonly ScriptPiece[],
  separable: readonly ArchiveEntry[],
  sessions = 8,
): Promise<Step[]> {
  async function* arriving() {
    for (const piece of pieces) yield await Promise.resolve(piece)
  }
  const all: Step[] = []
  for await (const step of definitionSteps(arriving(), separable, sessions)) all.push(step)
  return all
}

const textOf = (step: Step | undefined) => (step ?? []).flat().join('\n')
const created = (steps: readonly Step[]) =>
  [
    ...steps
      .map(textOf)
      .join('\n')
      .matchAll(/CREATE (\w+);/g),
  ].map(([, name]) => name)

describe('the steps of the definitions', () => {
  test('keep the order of the script where there are few tables', async () => {
    const few = tables(150)
    const steps = await stepsOf([preamble, view('before'), ...few.map(pieceOf)], few)
    expect(steps.every((step) => step.length === 1)).toBe(true)
    expect(created(steps)).toEqual(['before', ...few.map(({ tag }) => tag)])
    // 152 pieces, a hundred in a query.
    expect(steps).toHaveLength(2)
  })

  test('many tables run side by side, between what stands before and behind them', async () => {
    const many = tables(450)
    const steps = await stepsOf(
      [preamble, view('before'), ...many.map(pieceOf), view('after')],
      many,
    )
    expect(steps.map((step) => step.length)).toEqual([1, 5, 1])
    expect(textOf(steps[0])).toContain('CREATE before;')
    expect(textOf(steps[2])).toContain('CREATE after;')
    expect(created(steps)).toHaveLength(452)
    expect(new Set(created(steps)).size).toBe(452)
  })

  test('every query of a session of its own begins with what the script begins with', async () => {
    const [many, more] = [tables(300), tables(300, 1000)]
    const steps = await stepsOf(
      [preamble, setting('fast'), ...many.map(pieceOf), setting("''"), ...more.map(pieceOf)],
      [...many, ...more],
    )
    const [, fast, , back] = steps
    for (const [query] of fast ?? []) {
      expect(query).toMatch(/^SET xmloption = content;\nSET default_tablespace = fast;\nCREATE/)
    }
    for (const [query] of back ?? []) {
      expect(query).toMatch(/^SET xmloption = content;\nSET default_tablespace = '';\nCREATE/)
    }
    expect([fast?.length, back?.length]).toEqual([3, 3])
  })

  test('what depends on each other stays in order, in one chain', async () => {
    const parents = [table(1, 'parent'), table(2, 'grandparent')]
    const children = tables(250, 10).map((each, index) => ({
      ...each,
      dependencies: [9_999, index === 0 ? 2 : 1],
    }))
    const more = tables(250, 1000)
    const joining = table(5000, 'joining', [1, 2])
    const all = [...parents, ...more, ...children, joining]
    const [, step] = await stepsOf([preamble, ...all.map(pieceOf)], all)
    const [chain = []] = step ?? []
    const names = created([[chain]])
    expect(names).toEqual([...parents, ...children, joining].map(({ tag }) => tag))
    expect(chain).toHaveLength(3)
    expect(step).toHaveLength(4)
  })

  test('what depends on the same table of an earlier step shares a chain', async () => {
    const parent = table(1, 'parent')
    const attached = tables(250, 10).map((each) => ({ ...each, dependencies: [1, each.dumpId] }))
    const steps = await stepsOf(
      [preamble, pieceOf(parent), view('between'), ...attached.map(pieceOf)],
      [parent, ...attached],
    )
    expect(steps.map((step) => step.length)).toEqual([1, 1])
    expect(steps[1]?.[0]).toHaveLength(3)
  })

  test('what the archive has elsewhere, or not at all, keeps its place', async () => {
    const many = tables(300)
    const [first, ...others] = many
    const steps = await stepsOf(
      [preamble, ...others.map(pieceOf), ...(first === undefined ? [] : [pieceOf(first)])],
      many,
    )
    expect(steps.map((step) => step.length)).toEqual([1, 3, 1])
    expect(created(steps).at(-1)).toBe('t1')
    const unknown = await stepsOf([preamble, ...many.map(pieceOf)], many.slice(0, 150))
    expect(unknown.every((step) => step.length === 1)).toBe(true)
    expect(created(unknown)).toEqual(many.map(({ tag }) => tag))
  })

  test('entries that the script leaves out are passed over', async () => {
    const many = tables(400)
    const steps = await stepsOf([preamble, ...many.slice(60).map(pieceOf)], many)
    expect(steps.map((step) => step.length)).toEqual([1, 4])
  })

  test('privileges keep their place: who grants in its own name needs the one on the schema', async () => {
    const many = tables(250)
    const privileges = many.map((each) => ({ ...each, kind: 'ACL', tag: `TABLE ${each.tag}` }))
    const pieces = privileges.map(({ tag }) => ({
      text: `GRANT ${tag};\n`,
      header: headerOf(tag, 'ACL'),
      setting: null,
    }))
    const steps = await stepsOf([preamble, ...pieces], privileges)
    expect(steps.map((step) => step.length)).toEqual([1, 1, 1])
  })

  test.each([
    [1, [1, 2, 2, 2, 2, 2]],
    [3, [1, 6, 4]],
  ])('hold 200 tables at a time for each of %i sessions', async (sessions, lengths) => {
    const many = tables(1000)
    const steps = await stepsOf([preamble, ...many.map(pieceOf)], many, sessions)
    expect(steps.map((step) => step.length)).toEqual(lengths)
  })
})
