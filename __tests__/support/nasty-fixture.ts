/** Reads the fixtures of a nasty source: blocks of SQL, what each must be announced as, and what settles it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repository } from './action-inputs.js'

/** Whom the findings are for. */
export interface Pairing {
  readonly to: number
  /** The target's role is no superuser. */
  readonly administrator: boolean
  /** The source is read by a role with pg_read_all_data; otherwise by a superuser. */
  readonly byReader?: boolean
  /** Everything is moved, not only checked. */
  readonly moving: boolean
}

export interface Announcement {
  /** `severity check object`, and `in database` where that is not the nasty one. */
  readonly finding: string
  /** `printed`, `printed, first statement`, `nothing`, or statements; of blocking findings only. */
  readonly settle: string
  readonly appliesTo: (pairing: Pairing) => boolean
}

export interface Block {
  /** The database that it is run in, where that is not the nasty one. */
  readonly on: string | undefined
  readonly statements: string
  readonly announcements: readonly Announcement[]
}

/** The blocks that a source of that major can hold, in order; `names` stand in the place of their placeholders. */
export async function readNastyBlocks(
  major: number,
  names: Readonly<Record<string, string>>,
): Promise<Block[]> {
  const folder = join(repository, '__tests__', 'fixtures', 'nasty')
  const files = (await readdir(folder)).sort()
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  return texts
    .flatMap((text) => text.split(/\n{2,}/))
    .map((text) => withNames(text, names))
    .filter((text) => isFor(major, text))
    .map(parseBlock)
}

function withNames(text: string, names: Readonly<Record<string, string>>): string {
  return text.replaceAll(/:(\w+)/g, (placeholder, name: string) => {
    const known = Object.keys(names).find((key) => name.startsWith(key))
    return known === undefined ? placeholder : `${names[known] ?? ''}${name.slice(known.length)}`
  })
}

function isFor(major: number, text: string): boolean {
  return major >= bound(text, 'from', 0) && major <= bound(text, 'to', 99)
}

function bound(text: string, word: string, otherwise: number): number {
  return Number(new RegExp(`^-- ${word}: (\\d+)$`, 'm').exec(text)?.[1] ?? otherwise)
}

function parseBlock(text: string): Block {
  const directives = (word: string) =>
    [...text.matchAll(new RegExp(`^-- ${word}( \\[.*\\])?: (.*)$`, 'gm'))].map(
      ([, condition = '', value = '']) => ({ condition, value }),
    )
  const settle = directives('settle')[0]?.value ?? 'printed'
  return {
    on: directives('on')[0]?.value,
    statements: text,
    announcements: directives('finds').map(({ condition, value }) => ({
      finding: value.replaceAll('<newline>', '\n').replaceAll('<space>', ' '),
      settle,
      appliesTo: conditionOf(condition),
    })),
  }
}

/** `[target 14-]`, `[administrator]`, `[superuser]`, `[by reader]`, `[by superuser]`, `[checking]`, `[moving]`, or several with commas between them. */
function conditionOf(text: string): Announcement['appliesTo'] {
  const parts = text
    .replaceAll(/[[\]]/g, '')
    .split(',')
    .map((part) => part.trim())
  return (pairing) => parts.every((part) => part === '' || isMet(part, pairing))
}

function isMet(part: string, { to, administrator, moving, byReader = false }: Pairing): boolean {
  if (part === 'by reader') return byReader
  if (part === 'by superuser') return !byReader
  if (part === 'moving') return moving
  if (part === 'checking') return !moving
  if (part === 'administrator') return administrator
  if (part === 'superuser') return !administrator
  const [, low = '', high = ''] = /^target (\d*)-(\d*)$/.exec(part) ?? []
  if (low === '' && high === '') throw new Error(`This condition means nothing: [${part}]`)
  return to >= Number(low || 0) && to <= Number(high || 99)
}
