/** Names outside ASCII, where the target would store them in an encoding that is not everybody's. */
import { planMove } from '../../roles/index.js'
import { quoteIdentifier, type Session } from '../../server/index.js'
import type { Found, ServerCheck, ServerContext } from '../check.js'

/** Both store the bytes that a UTF-8 client sends. */
const storesUtf8: readonly string[] = ['UTF8', 'SQL_ASCII']

/**
 * Names of databases and roles are stored in the encoding of the database in which they are given, and looked up byte by
 * byte. The action gives them in the database that it connects to.
 */
export const nameEncoding: ServerCheck = {
  name: 'name-encoding',
  scope: 'server',
  subject: 'in which encoding the target would store names',
  worst: 'blocking',
  async run(context) {
    const { sourceSession, target, targetSession } = context
    const encoding = await readEncoding(targetSession)
    if (storesUtf8.includes(encoding)) return []
    if (encoding === (await readEncoding(sourceSession))) return []
    const names = await readNames(context)
    return names.map(({ kind, name }): Found => ({
      severity: 'blocking',
      ...(kind === 'database' ? { database: name } : {}),
      object: `${kind} ${JSON.stringify(name)}`,
      message: `The ${kind} ${quoteIdentifier(name)} has a name outside ASCII, which the target would store in ${encoding}, the encoding of its database ${quoteIdentifier(target.parameters.database)}: no client and no database in UTF8 would find it under that name.`,
      remedy:
        'Name a database with the encoding UTF8 in target-url, in the place of the one that it names now; or initialise the target with initdb --encoding=UTF8.',
    }))
  },
}

async function readEncoding(session: Session): Promise<string> {
  const [row] = await session.query<{ encoding: string }>(
    `select pg_catalog.current_setting('server_encoding') as encoding`,
  )
  return row?.encoding ?? 'unknown'
}

/** Of the databases that are moved, and of the roles that are created for them. */
async function readNames(context: ServerContext) {
  const { databases, roles } = context
  const created = roles === 'skip' ? [] : (await planMove(context)).created
  return [
    ...databases.map((name) => ({ kind: 'database', name })),
    ...created.map((name) => ({ kind: 'role', name })),
  ].filter(({ name }) => /[\u{80}-\u{10ffff}]/u.test(name))
}
