/** Definitions with characters that UTF8 lacks. pg_dump moves them in the encoding of the database; the action reads definitions in UTF8. */
import { definitionsNotInUtf8, type NotInUtf8 } from '../../validate/index.js'
import { readEncoding } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'

/** One character that many objects have would fill the report. */
const mostShown = 20

export const definitionNotUtf8: DatabaseCheck = {
  name: 'definition-not-utf8',
  scope: 'database',
  subject: 'whether UTF8 has the characters of all definitions',
  worst: 'blocking',
  async run(context) {
    const { source, target, sourceSession, database, method, isCompared = true } = context
    const encoding = await readEncoding(sourceSession)
    // Nothing is converted on the way to our sessions.
    if (encoding === 'UTF8' || encoding === 'SQL_ASCII') return []
    const sides = { source: { server: source, database }, target: { server: target, database } }
    const all = await definitionsNotInUtf8(sides, sourceSession)
    // pg_dump alone reads the others then, as they are.
    const isLeftToDump = !isCompared && method !== 'copy' && method !== 'auto'
    const found = isLeftToDump ? all.filter(isSaid) : all
    const left = found.length - mostShown
    return found
      .slice(0, mostShown)
      .map((each, index) => describe(each, encoding, index === mostShown - 1 ? left : 0))
  },
}

/** Its name is in statements of the action: it locks every table, reads where each sequence stands and fills each materialized view. */
function isSaid({ kind, isNamed }: NotInUtf8): boolean {
  return isNamed && /^(?:(?:partitioned )?table|sequence|materialized view)$/.test(kind)
}

function describe(found: NotInUtf8, encoding: string, left: number): Found {
  const { kind, object, bytes } = found
  const what = kind === 'comment' ? `comment on the ${object}` : `${kind} ${object}`
  const list = bytes.map((each) => `0x${each}`).join(', ')
  const more = left > 0 ? ` ${left} more objects have such characters.` : ''
  return {
    severity: 'blocking',
    object: what,
    message: `The ${what} has in its name or definition what is a character in ${encoding}, the encoding of the database, and none in UTF8: ${list}. The action reads definitions in UTF8: ${isSaid(found) ? 'no method can move it' : 'the method "copy" cannot move it, and no method can compare it'}.${more}`,
    remedy: isSaid(found)
      ? `Rename it on the source (or its schema), from a session with client_encoding ${encoding}.`
      : `Write it anew on the source without the character (rename what has it in its name), from a session with client_encoding ${encoding}. To move it as it is, set "method" to "stream" and "validate" to "none" for this database: pg_dump carries the bytes, and nothing is compared.`,
  }
}
