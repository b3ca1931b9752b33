/** Stored words of full-text search that the target's stemmers, which are other ones, no longer make of the same text. */
import { QueryError } from '../../errors.js'
import { listed } from '../../report/format.js'
import { quoteIdentifier, type Session } from '../../server/index.js'
import { identity, isUsersRelation, readEncoding } from '../catalog.js'
import type { DatabaseCheck, DatabaseContext } from '../check.js'
import { isTableEmpty } from '../definitions/computed.js'

const shown = 10

/** Of these a newer stemmer makes other words: 18 of English, German and Romanian, an earlier major of Hungarian. */
const asciiWords = ['added', 'haeuser']
const asciiDictionaries = ['english_stem', 'german_stem']
const otherWords = ['\u0163ar\u0103', 'gy\u0171r\u0171m']

/** By the name of the dictionary. */
type Stems = ReadonlyMap<string, string>

/** The dictionaries of the system that stem, with what each makes of every word. */
async function readStems(
  session: Session,
  words: readonly string[],
  dictionaries: readonly string[] | null,
): Promise<Stems> {
  const rows = await session.query<{ dictionary: string; stems: string }>(
    `select d.dictname::pg_catalog.text as dictionary,
            pg_catalog.array_agg(pg_catalog.ts_lexize(d.oid, w.word)::pg_catalog.text order by w.word collate "C")::pg_catalog.text as stems
       from pg_catalog.pg_ts_dict d
       join pg_catalog.pg_ts_template t on t.oid = d.dicttemplate and t.tmplname = 'snowball'
      cross join pg_catalog.unnest($1::pg_catalog.text[]) w (word)
      where d.dictnamespace = 'pg_catalog'::pg_catalog.regnamespace
        and ($2::pg_catalog.text[] is null or d.dictname::pg_catalog.text = any ($2))
      group by d.dictname`,
    [words, dictionaries],
  )
  return new Map(rows.map(({ dictionary, stems }) => [dictionary, stems]))
}

const isUnicode = async (session: Session) => (await readEncoding(session)) === 'UTF8'

/** Where the encoding is another, a dictionary's own list of words may have characters that it lacks: then nobody can use it. */
async function readStemsByAscii(session: Session): Promise<Stems> {
  const stems = new Map<string, string>()
  for (const dictionary of asciiDictionaries) {
    try {
      for (const entry of await readStems(session, asciiWords, [dictionary])) stems.set(...entry)
    } catch (error) {
      if (!(error instanceof QueryError)) throw error
    }
  }
  return stems
}

/** Undefined where a dictionary cannot be used, as when its list of words is not there. */
async function readAllStems([source, target]: readonly [Session, Session]): Promise<
  readonly [Stems, Stems] | undefined
> {
  const words = [...asciiWords, ...otherWords]
  try {
    return [await readStems(source, words, null), await readStems(target, words, null)]
  } catch (error) {
    if (error instanceof QueryError) return undefined
    throw error
  }
}

/** Those that both sides have and that stem otherwise. */
async function changedStemmers({
  sourceSession,
  targetSession,
}: DatabaseContext): Promise<string[]> {
  const sides = [sourceSession, targetSession] as const
  const isKnown = (await isUnicode(sourceSession)) && (await isUnicode(targetSession))
  const [before, after] =
    (isKnown ? await readAllStems(sides) : undefined) ??
    ([await readStemsByAscii(sourceSession), await readStemsByAscii(targetSession)] as const)
  const changed = [...before].filter(([name, stems]) => (after.get(name) ?? stems) !== stems)
  return changed.map(([name]) => name).toSorted()
}

interface SearchColumn {
  readonly table: string
  readonly column: string
}

/** Not of materialized views, which are filled again, nor generated ones; of a partitioned table for all of its partitions. */
function readSearchColumns(session: Session, major: number): Promise<SearchColumn[]> {
  return session.query<SearchColumn>(
    `with recursive search (type) as (
       select t from pg_catalog.unnest(array['pg_catalog.tsvector', 'pg_catalog.tsquery']::pg_catalog.regtype[]::pg_catalog.oid[]) t
        union
       select t.oid from search s join pg_catalog.pg_type t on s.type in (t.typbasetype, t.typelem))
     select ${identity('pg_class', 'c.oid')} as table, a.attname::pg_catalog.text as column
       from pg_catalog.pg_attribute a
       join search s on s.type = a.atttypid
       join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p') and not c.relispartition
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where a.attnum > 0 and not a.attisdropped and ${isUsersRelation('c', 'n')}
        ${major < 12 ? '' : `and a.attgenerated = ''`}
      order by 1, 2`,
  )
}

async function readFilledColumns(context: DatabaseContext): Promise<string[]> {
  const { sourceSession, source } = context
  const filled: string[] = []
  for (const { table, column } of await readSearchColumns(sourceSession, source.facts.major)) {
    if (!(await isTableEmpty(context, table))) filled.push(`${table} (${quoteIdentifier(column)})`)
  }
  return filled
}

/** Of which text and with which configuration a value was made is written nowhere. */
export const textSearchStemmer: DatabaseCheck = {
  name: 'text-search-stemmer',
  scope: 'database',
  subject: 'whether stored words of full-text search are found on the target',
  worst: 'warning',
  async run(context) {
    const dictionaries = await changedStemmers(context)
    if (dictionaries.length === 0) return []
    const columns = await readFilledColumns(context)
    if (columns.length === 0) return []
    return [
      {
        severity: 'warning',
        message: `Columns hold words of full-text search: ${listed(columns, shown)}. PostgreSQL ${context.target.facts.major} stems otherwise (${listed(dictionaries, shown)}): the words are moved as they are, and a search there does not find some of those that these dictionaries have made.`,
        remedy:
          "After the upgrade compute the columns anew on the target, as they were filled, for example:\nupdate … set search = to_tsvector('english', body)\nThose that are made with other dictionaries need it not.",
      },
    ]
  },
}
