/** Where the run can be while the database that target-url names is renamed. */
import { quoteIdentifier, type Session } from '../../server/index.js'
import { databaseBeside } from '../../staging/index.js'
import type { ServerCheck } from '../check.js'

export const otherDatabase: ServerCheck = {
  name: 'no-other-database',
  scope: 'server',
  subject: 'whether the target has another database that lets its role in',
  worst: 'blocking',
  async run({ target, targetSession, databases }) {
    const { database } = target.parameters
    if (!databases.includes(database) || (await databaseBeside(target, database)) !== undefined) {
      return []
    }
    const user = quoteIdentifier(target.facts.user)
    return [
      {
        severity: 'blocking',
        database,
        message: `The target lets the role ${user} into no other database than ${quoteIdentifier(database)}, which target-url names and which is to be moved: nobody can rename a database from inside, so it could not get its name at the end.`,
        remedy: await remedyFor(targetSession, user),
      },
    ]
  },
}

/** How to let the role into template1, which every server has. */
async function remedyFor(session: Session, user: string): Promise<string> {
  const [row] = await session.query<{ isOpen: boolean; mayConnect: boolean }>(
    `select datallowconn as "isOpen", pg_catalog.has_database_privilege(oid, 'connect') as "mayConnect"
       from pg_catalog.pg_database where datname = 'template1'`,
  )
  const { isOpen = true, mayConnect = true } = row ?? {}
  if (isOpen && mayConnect) {
    return `Let the role ${user} into the database "template1" of the target: by a rule in its pg_hba.conf, or by a higher connection limit.`
  }
  return [
    '-- on the target, as a superuser or the owner of template1',
    ...(isOpen ? [] : ['alter database template1 allow_connections true;']),
    ...(mayConnect ? [] : [`grant connect on database template1 to ${user};`]),
  ].join('\n')
}
