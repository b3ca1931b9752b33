import { describe, expect, jest, test } from '@jest/globals'
import {
  scriptPieces,
  type ScriptPiece,
} from '../../../src/transfer/copy/definitions/definitions-script.js'

async function piecesOf(chunks: readonly string[]): Promise<ScriptPiece[]> {
  async function* arriving() {
    for (const chunk of chunks) yield await Promise.resolve(chunk)
  }
  const all: ScriptPiece[] = []
  for await (const piece of scriptPieces(arriving())) all.push(piece)
  return all
}

const joined = (pieces: readonly ScriptPiece[]) => pieces.map(({ text }) => text).join('')
const header = (name: string) => `${name}; Type: TABLE; Schema: public; Owner: me`
const entry = (name: string, sql: string) => `--\n-- Name: ${header(name)}\n--\n\n${sql}\n\n`
const head = '--\n-- PostgreSQL database dump\n--\n\nSET xmloption = content;\n\n'

describe('scriptPieces', () => {
  test('are what stands before the first entry, and the entries by their headers', async () => {
    const script = head + ['a', 'b', 'c'].map((name) => entry(name, `CREATE ${name};`)).join('')
    const pieces = await piecesOf([script])
    expect(pieces.map((piece) => piece.header)).toEqual([
      null,
      ...['a', 'b', 'c'].map((name) => header(name)),
    ])
    expect(pieces[0]?.text).toContain('SET xmloption')
    expect(pieces[2]?.text).toContain('CREATE b;')
    expect(joined(pieces)).toBe(script)
  })

  test.each(['default_tablespace', 'default_table_access_method'])(
    'tell %s, which holds for what comes after it',
    async (setting) => {
      const script = head + entry('a', 'CREATE a;') + `SET ${setting} = x;\n` + entry('b', 'B;')
      const pieces = await piecesOf([script])
      expect(pieces.map((piece) => piece.setting)).toEqual([null, null, setting, null])
      expect(pieces[2]?.text).toContain(`SET ${setting} = x;`)
      expect(joined(pieces)).toBe(script)
    },
  )

  test.each([1, 2, 7, 1000])(
    'are the same whatever the script arrives in: pieces of %i',
    async (size) => {
      const script = head + entry('a', "SELECT 'ä€😀\r';") + entry('b', 'CREATE b;')
      const characters = Array.from(script)
      const chunks = Array.from({ length: Math.ceil(characters.length / size) }, (_, index) =>
        characters.slice(index * size, (index + 1) * size).join(''),
      )
      expect(await piecesOf(chunks)).toEqual(await piecesOf([script]))
    },
  )

  test('look for the end of a long line only in what arrives', async () => {
    const script = head + entry('a', `COMMENT ON TABLE a IS '${'x'.repeat(10_000)}';`)
    const chunks = Array.from({ length: Math.ceil(script.length / 10) }, (_, index) =>
      script.slice(index * 10, (index + 1) * 10),
    )
    const search = jest.spyOn(String.prototype, 'lastIndexOf')
    const pieces = await piecesOf(chunks)
    const searched = search.mock.contexts.reduce<number>(
      (sum, text) => sum + String(text).length,
      0,
    )
    search.mockRestore()
    expect(searched).toBe(script.length)
    expect(joined(pieces)).toBe(script)
  })

  test.each([
    ['a string', "COMMENT ON TABLE a IS 'it''s", "';"],
    ['a string that has an escape', "SELECT 'it\\", "';"],
    ['a quoted name', 'CREATE TABLE "a""', '" ();'],
    ['a dollar quotation', 'AS $$ $_$ \' "', '$$;'],
    ['a dollar quotation with a tag', "AS $größe_1$ $$ '", '$größe_1$;'],
    ['a comment of several lines', "/* '", '*/'],
  ])(
    'do not cut %s, even where it holds the header of an entry or a setting',
    async (_what, start, end) => {
      const quoted = `${start}\n${entry('x', '\\restrict abc')}SET default_tablespace = x;\n${end}`
      const script = head + entry('a', quoted) + entry('b', 'CREATE b;')
      const pieces = await piecesOf([script])
      expect(pieces).toHaveLength(3)
      expect(pieces[1]?.text).toContain(quoted)
      expect(joined(pieces)).toBe(script)
    },
  )

  test('a quotation mark in a comment of one line opens nothing', async () => {
    const script = head + entry("it's", 'CREATE a;') + entry('b', 'CREATE b;')
    expect(await piecesOf([script])).toHaveLength(3)
  })

  test('commands for psql are left out, and nothing else that looks like one', async () => {
    const script = `\\restrict abc\n\nSELECT '\n\\restrict abc\n';\n\\unrestrict abc\n`
    expect(joined(await piecesOf([script]))).toBe(`\nSELECT '\n\\restrict abc\n';\n`)
  })
})
