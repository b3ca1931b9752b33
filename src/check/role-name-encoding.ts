/** Names of roles that a dump of a database in another encoding cannot hold. */
import { quoteIdentifier, saysRoleName, showsRoleNames } from '../server/index.js'
import type { DatabaseCheck, Found } from './check.js'
import { readRolesInUse } from './roles.js'

/** A dump is written in the database's encoding, but for the definitions of `copy`, which are in UTF8. */
export const roleNameEncoding: DatabaseCheck = {
  name: 'role-name-encoding',
  scope: 'database',
  subject: 'whether the encoding of the database has characters for the names of roles',
  worst: 'blocking',
  async run(context) {
    const { sourceSession, database, method } = context
    if (await showsRoleNames(sourceSession)) return []
    const found: Found[] = []
    if (method === 'copy') {
      found.push({
        severity: 'blocking',
        object: database,
        message:
          'The encoding of the database has no characters for the name of a role of the server, so that pg_dump cannot write its definitions in UTF8, as the method "copy" needs them.',
        remedy: 'Set "method" to "auto", which takes another for this database, or to "stream".',
      })
    }
    for (const { oid, role } of await readRolesInUse(context)) {
      if (await saysRoleName(sourceSession, oid)) continue
      found.push({
        severity: 'blocking',
        object: role,
        message: `The role ${quoteIdentifier(role)} owns objects of the database or has privileges on them, and its name is no text in the encoding of the database: the restore would fail on each of them.`,
        remedy:
          'Rename the role on the source to a name in ASCII (alter role … rename to …), or let another one own the objects.',
      })
    }
    return found
  },
}
