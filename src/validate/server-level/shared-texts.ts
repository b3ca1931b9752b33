/** Texts of a server whose bytes are not what they are read as, so that what is another text on the other side may read the same. */
import type { Difference } from '../../report/report.js'
import {
  escapeBytes,
  isConvertedComment,
  readingsOf,
  readSharedTexts,
  type Server,
  type ServerSide,
  toldSharedText,
  type SharedText,
} from '../../server/index.js'

interface ReadText extends SharedText {
  /** As what our sessions take it. */
  readonly reading: string
}

/** Finds those that read alike and are not; what reads differently is found with the rest of what it belongs to. */
export async function compareSharedTexts(
  source: Server,
  target: Server,
  isCompared: (text: SharedText, side: ServerSide) => boolean,
): Promise<Difference[]> {
  const read = (server: Server) =>
    server.withSession(undefined, async (session): Promise<ReadText[]> => {
      const all = await readSharedTexts(session)
      const texts = all.filter((text) => isCompared(text, server.side))
      const readings = await readingsOf(session, texts)
      return texts.map((text, place) => ({ ...text, reading: readings[place] ?? '' }))
    })
  const [before, after] = await Promise.all([read(source), read(target)])
  const keys = new Set([...before, ...after].filter(isReadOtherwise).map(keyOf))
  return [...keys].flatMap((key): Difference[] => {
    const isAlike = (text: ReadText) => keyOf(text) === key
    const [was, is] = [before.filter(isAlike), after.filter(isAlike)]
    const [first] = was
    if (first === undefined || is.length === 0 || spell(was) === spell(is)) return []
    if (isConvertedComment(first) && !is.some(isReadOtherwise)) return []
    const { what, object } = first
    return [{ kind: what, object, source: tell(was), target: tell(is) }]
  })
}

function isReadOtherwise({ bytes, reading }: ReadText): boolean {
  return !bytes.equals(Buffer.from(reading))
}

function keyOf({ what, role, reading }: ReadText): string {
  return JSON.stringify([what, role, reading])
}

/** Two names on one side may read alike, too. */
function spell(texts: readonly SharedText[]): string {
  return JSON.stringify(texts.map(({ bytes }) => escapeBytes(bytes)).toSorted())
}

function tell(texts: readonly SharedText[]): string {
  return texts.map(toldSharedText).toSorted().join(', ')
}
