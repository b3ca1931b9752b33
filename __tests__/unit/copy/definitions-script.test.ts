import { describe, expect, test } from '@jest/globals'
import { scriptBatches } from '../../../src/transfer/copy/definitions-script.js'

async function batchesOf(chunks: readonly string[], entries: number): Promise<string[]> {
  async function* arriving() {
    for (const chunk of chunks) yield await Promise.resolve(chunk)
  }
  const all: string[] = []
  for await (const batch of scriptBatches(arriving(), entries)) all.push(batch)
  return all
}

const entry = (name: string, sql: string) =>
  `--\n-- Name: ${name}; Type: TABLE; Schema: public; Owner: me\n--\n\n${sql}\n\n`
const head = '--\n-- PostgreSQL database dump\n--\n\nSET xmloption = content;\n\n'

describe('scriptBatches', () => {
  test('puts so many entries into each, with what stands before the first', async () => {
    const script = head + ['a', 'b', 'c'].map((name) => entry(name, `CREATE ${name};`)).join('')
    const batches = await batchesOf([script], 2)
    expect(batches).toHaveLength(2)
    expect(batches[0]).toContain('SET xmloption')
    expect(batches[0]).toContain('CREATE b;')
    expect(batches[1]).toContain('CREATE c;')
    expect(batches.join('\n')).toBe(script)
  })

  test.each([1, 2, 7, 1000])(
    'is the same whatever the script arrives in: pieces of %i',
    async (size) => {
      const script = head + entry('a', "SELECT 'ä€😀\r';") + entry('b', 'CREATE b;')
      const characters = Array.from(script)
      const chunks = Array.from({ length: Math.ceil(characters.length / size) }, (_, index) =>
        characters.slice(index * size, (index + 1) * size).join(''),
      )
      expect(await batchesOf(chunks, 1)).toEqual(await batchesOf([script], 1))
    },
  )

  test.each([
    ['a string', "COMMENT ON TABLE a IS 'it''s", "';"],
    ['a string that has an escape', "SELECT 'it\\", "';"],
    ['a quoted name', 'CREATE TABLE "a""', '" ();'],
    ['a dollar quotation', 'AS $$ $_$ \' "', '$$;'],
    ['a dollar quotation with a tag', "AS $größe_1$ $$ '", '$größe_1$;'],
    ['a comment of several lines', "/* '", '*/'],
  ])('does not cut %s, even where it holds the header of an entry', async (_what, start, end) => {
    const quoted = `${start}\n${entry('x', '\\restrict abc')}${end}`
    const script = head + entry('a', quoted) + entry('b', 'CREATE b;')
    const batches = await batchesOf([script], 1)
    expect(batches).toHaveLength(2)
    expect(batches[0]).toContain(quoted)
    expect(batches.join('\n')).toBe(script)
  })

  test('a quotation mark in a comment of one line opens nothing', async () => {
    const script = head + entry("it's", 'CREATE a;') + entry('b', 'CREATE b;')
    expect(await batchesOf([script], 1)).toHaveLength(2)
  })

  test('commands for psql are left out, and nothing else that looks like one', async () => {
    const script = `\\restrict abc\n\nSELECT '\n\\restrict abc\n';\n\\unrestrict abc\n`
    expect(await batchesOf([script], 1)).toEqual([`\nSELECT '\n\\restrict abc\n';\n`])
  })
})
