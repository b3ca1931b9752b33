/** Tablespaces: those that the target lacks; and owner, privileges, options and comment of the others, of which a dump of databases has none. */
import { quoteIdentifier, quoteLiteral, readTablespaces, type Session } from '../../server/index.js'
import type { Found, ServerCheck } from '../check.js'

export const tablespaceMissing: ServerCheck = {
  name: 'tablespace-missing',
  scope: 'server',
  subject: 'tablespaces',
  worst: 'warning',
  async run({ sourceSession, target, targetSession }) {
    const [wanted, offered] = await Promise.all([
      readTablespaces(sourceSession),
      readTablespaces(targetSession),
    ])
    const isUsable = new Map(offered.map((each) => [each.name, each.isUsable]))
    const user = quoteIdentifier(target.facts.user)
    return wanted
      .filter(({ name }) => isUsable.get(name) !== true)
      .map(({ name }): Found => {
        const exists = isUsable.has(name)
        return {
          severity: 'warning',
          object: name,
          message: `${exists ? `The role ${user} may not use the tablespace ${quoteIdentifier(name)} of the target` : `The target has no tablespace ${quoteIdentifier(name)}`}. Everything is put into the default tablespace there.`,
          remedy: exists
            ? `-- on the target, as an administrator\ngrant create on tablespace ${quoteIdentifier(name)} to ${user};`
            : `-- on the target, with a folder of its own\ncreate tablespace ${quoteIdentifier(name)} location '/path/on/the/target';`,
          remedyInDatabase: false,
        }
      })
  },
}

export const tablespaceDiffers: ServerCheck = {
  name: 'tablespace-differs',
  scope: 'server',
  subject: 'owners, privileges and options of tablespaces',
  worst: 'warning',
  async run({ sourceSession, targetSession }) {
    const offered = new Map((await readAttributes(targetSession)).map((each) => [each.name, each]))
    return (await readAttributes(sourceSession)).flatMap((wanted): Found[] => {
      const there = offered.get(wanted.name)
      const statements = there === undefined ? [] : missingStatements(wanted, there)
      if (statements.length === 0) return []
      return [
        {
          severity: 'warning',
          object: wanted.name,
          message: `The tablespace ${quoteIdentifier(wanted.name)} of the target lacks what that of the source has: ${statements.map(({ what }) => what).join(', ')}.`,
          remedy: `-- on the target, after the upgrade\n${statements.map(({ sql }) => `${sql};`).join('\n')}`,
        },
      ]
    })
  },
}

interface Tablespace {
  readonly name: string
  /** Null for the role to which everything belongs that initdb makes. */
  readonly owner: string | null
  readonly comment: string | null
  /** `name=value` */
  readonly options: readonly string[]
  /** `to` and whom, as GRANT has it; of all but the owner. */
  readonly grants: readonly string[]
}

function readAttributes(session: Session): Promise<Tablespace[]> {
  return session.query<Tablespace>(
    `select t.spcname::pg_catalog.text as name,
            case when t.spcowner <> 10 then pg_catalog.pg_get_userbyid(t.spcowner)::pg_catalog.text end as owner,
            pg_catalog.shobj_description(t.oid, 'pg_tablespace') as comment,
            coalesce(t.spcoptions, '{}') as options,
            array(select 'to ' || case a.grantee when 0 then 'public'
                                       else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end
                               || case when a.is_grantable then ' with grant option' else '' end
                    from pg_catalog.aclexplode(t.spcacl) a
                   where a.grantee <> t.spcowner order by 1) as grants
       from pg_catalog.pg_tablespace t
      where t.spcname not in ('pg_default', 'pg_global') order by 1`,
  )
}

interface Statement {
  readonly what: string
  readonly sql: string
}

function missingStatements(source: Tablespace, target: Tablespace): Statement[] {
  const name = quoteIdentifier(source.name)
  const { owner, comment } = source
  return [
    ...(owner === null || owner === target.owner
      ? []
      : [
          {
            what: `owner ${quoteIdentifier(owner)}`,
            sql: `alter tablespace ${name} owner to ${quoteIdentifier(owner)}`,
          },
        ]),
    ...source.options
      .filter((option) => !target.options.includes(option))
      .map((option) => ({
        what: option,
        sql: `alter tablespace ${name} set (${option})`,
      })),
    ...source.grants
      .filter((grant) => !target.grants.includes(grant))
      .map((grant) => ({
        what: `privilege CREATE ${grant}`,
        sql: `grant create on tablespace ${name} ${grant}`,
      })),
    ...(comment === null || comment === target.comment
      ? []
      : [{ what: 'comment', sql: `comment on tablespace ${name} is ${quoteLiteral(comment)}` }]),
  ]
}
