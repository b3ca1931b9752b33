/** Names, comments and settings outside ASCII, where the target would store other bytes than the source has. */
import { isUtf8 } from 'node:buffer'
import { shorten } from '../../report/format.js'
import {
  isConvertedComment,
  isReadable,
  quoteIdentifier,
  readsAsIs,
  toldSharedText,
  type Server,
  type Session,
  type SharedText,
} from '../../server/index.js'
import { databaseBeside } from '../../staging/index.js'
import { readEncoding } from '../catalog.js'
import type { Found, ServerCheck, ServerContext } from '../check.js'
import { readMovedTexts } from '../moved-texts.js'

interface Place {
  readonly database: string
  readonly encoding: string
}

/**
 * Each is stored in the encoding of the database in which it is given, and looked up and used by its bytes. The action
 * reads and gives it in the databases that it connects to.
 */
export const nameEncoding: ServerCheck = {
  name: 'name-encoding',
  scope: 'server',
  subject: 'in which encoding the target would store names, comments and settings',
  worst: 'blocking',
  async run(context) {
    // What cannot even be read is property-not-text.
    const texts = (await readMovedTexts(context)).filter(isReadable)
    if (texts.length === 0) return []
    const from = await readPlace(context.sourceSession, context.source)
    const usual = await readPlace(context.targetSession, context.target)
    const beside = await readBeside(context, usual)
    const changed = texts.flatMap((text) => {
      const to = text.database === usual.database ? beside : usual
      return keepsBytes(from.encoding, to.encoding) ? [] : [{ text, to }]
    })
    const areUtf8 = changed.every(({ text }) => isUtf8(text.bytes))
    return changed.map(({ text, to }): Found => {
      const isConverted = isConvertedComment(text) && readsAsIs.includes(to.encoding)
      return {
        severity: isConverted ? 'warning' : 'blocking',
        ...(text.what === 'name' && text.database !== undefined ? { database: text.database } : {}),
        object: objectOf(text),
        message: `The ${told(text)} is outside ASCII. The source reads it in ${from.encoding}, the encoding of its database ${quoteIdentifier(from.database)}, and the target would store it in ${to.encoding}, that of its database ${quoteIdentifier(to.database)}: ${isConverted ? `there it reads the same, and in databases in ${from.encoding} no more.` : 'with other bytes, which would be another text to whoever it is for.'}`,
        remedy: remedyOf(from, to, areUtf8),
      }
    })
  },
}

function keepsBytes(from: string, to: string): boolean {
  return from === to || (readsAsIs.includes(from) && readsAsIs.includes(to))
}

/** Where what belongs to the server is read, or written. */
async function readPlace(session: Session, { parameters }: Server): Promise<Place> {
  return { database: parameters.database, encoding: await readEncoding(session) }
}

/** Where the database that target-url names gets what belongs to it: it cannot be renamed from inside. */
async function readBeside(context: ServerContext, usual: Place): Promise<Place> {
  const { target, databases } = context
  if (!databases.includes(usual.database)) return usual
  const database = await databaseBeside(target, usual.database)
  // Where there is none, no-other-database says so.
  if (database === undefined) return usual
  return { database, encoding: await target.withSession(database, readEncoding) }
}

function objectOf({ what, database, role, object }: SharedText): string {
  if (what !== 'name') return object
  return `${database === undefined ? 'role' : 'database'} ${JSON.stringify(database ?? role)}`
}

const shown = 60

function told(text: SharedText): string {
  if (text.what === 'name') return text.object
  return `${text.object} (${shorten(toldSharedText(text), shown)})`
}

/** A server may have texts in several encodings; in one that both sides have, each keeps its bytes. */
function remedyOf(from: Place, to: Place, areUtf8: boolean): string {
  if (readsAsIs.includes(from.encoding)) {
    return 'Name a database with the encoding UTF8 in target-url, in the place of the one that it names now; or initialise the target with initdb --encoding=UTF8.'
  }
  if (areUtf8 && readsAsIs.includes(to.encoding)) {
    return 'Name a database with the encoding UTF8 in source-url, in the place of the one that it names now.'
  }
  return `Name a database with the encoding ${from.encoding} in target-url, in the place of the one that it names now.`
}
