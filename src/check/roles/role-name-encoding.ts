/** Names of roles, and of the database itself, that a dump of a database in another encoding cannot hold. */
import {
  quoteIdentifier,
  readShownRoles,
  saysRoleName,
  showsServerTexts,
} from '../../server/index.js'
import type { DatabaseCheck, Found } from '../check.js'
import { readRolesInUse } from './roles.js'

/** A dump is written in the database's encoding, but for the definitions of `copy`, which are in UTF8. */
export const roleNameEncoding: DatabaseCheck = {
  name: 'role-name-encoding',
  scope: 'database',
  subject: 'whether the encoding of the database has characters for the names of roles',
  worst: 'blocking',
  async run(context) {
    const { sourceSession, target, database, method } = context
    if (await showsServerTexts(sourceSession)) return []
    const found: Found[] = []
    if (method === 'copy') {
      found.push({
        severity: 'blocking',
        object: database,
        message:
          'The encoding of the database has no characters for the name of a role of the server, or for the database\'s own name, comment or settings, so that pg_dump cannot write its definitions in UTF8, as the method "copy" needs them.',
        remedy: 'Set "method" to "auto", which takes another for this database, or to "stream".',
      })
    }
    const used = await readRolesInUse(context)
    const shown = new Set(await readShownRoles(sourceSession))
    for (const { oid, role } of used.filter((each) => !shown.has(each.oid))) {
      if (await saysRoleName(sourceSession, oid)) {
        // A superuser's dump carries the bytes; any other administrator gives owners and privileges over sessions in UTF-8.
        if (target.facts.isSuperuser) continue
        found.push({
          severity: 'blocking',
          object: role,
          message: `The role ${quoteIdentifier(role)} owns objects of the database or has privileges on them, and the encoding of the database has no characters for its name: ${quoteIdentifier(target.facts.user)}, who is no superuser on the target, could not give it anything there.`,
          remedy:
            'Connect to the target as a superuser; or rename the role on the source to a name in ASCII (alter role … rename to …).',
        })
        continue
      }
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
