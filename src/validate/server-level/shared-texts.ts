/** Texts of a server that are no UTF-8, so that what is another text on the other side may read the same. */
import { isUtf8 } from 'node:buffer'
import type { Difference } from '../../report/report.js'
import {
  escapeBytes,
  readSharedTexts,
  type Server,
  type ServerSide,
  toldSharedText,
  type SharedText,
} from '../../server/index.js'

/** Finds those that read alike and are not; what reads differently is found with the rest of what it belongs to. */
export async function compareSharedTexts(
  source: Server,
  target: Server,
  isCompared: (text: SharedText, side: ServerSide) => boolean,
): Promise<Difference[]> {
  const read = async (server: Server) => {
    const texts = await server.withSession(undefined, readSharedTexts)
    return texts.filter((text) => isCompared(text, server.side))
  }
  const [before, after] = await Promise.all([read(source), read(target)])
  const readings = new Set(before.filter(({ bytes }) => !isUtf8(bytes)).map(readingOf))
  for (const text of after) if (!isUtf8(text.bytes)) readings.add(readingOf(text))
  return [...readings].flatMap((reading): Difference[] => {
    const isAlike = (text: SharedText) => readingOf(text) === reading
    const [was, is] = [before.filter(isAlike), after.filter(isAlike)]
    const [first] = was
    if (first === undefined || is.length === 0 || spell(was) === spell(is)) return []
    const { what, object } = first
    return [{ kind: what, object, source: tell(was), target: tell(is) }]
  })
}

/** As what our sessions take it. */
function readingOf({ what, role, bytes }: SharedText): string {
  return JSON.stringify([what, role, bytes.toString()])
}

/** Two names on one side may read alike, too. */
function spell(texts: readonly SharedText[]): string {
  return JSON.stringify(texts.map(({ bytes }) => escapeBytes(bytes)).toSorted())
}

function tell(texts: readonly SharedText[]): string {
  return texts.map(toldSharedText).toSorted().join(', ')
}
