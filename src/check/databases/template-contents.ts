/** What new databases of the source get from its template1, and those of the target would not: extensions, and privileges on public. */
import { isProviderRole } from '../../roles/index.js'
import { quoteIdentifier, type Session } from '../../server/index.js'
import type { Found, ServerContext } from '../check.js'

interface Privilege {
  /** Null is PUBLIC. */
  readonly grantee: string | null
  readonly privilege: string
  readonly isInitial: boolean
  readonly isThere: boolean
}

export async function compareTemplateContents({ source, target }: ServerContext): Promise<Found[]> {
  const [before, after] = await Promise.all([
    source.withSession('template1', readContents),
    target.withSession('template1', readContents, {
      settings: { default_transaction_read_only: 'on' },
    }),
  ])
  const { provider } = source.facts
  // What the target does not offer cannot be made good.
  const extensions = before.extensions.filter((name) => after.offered.has(name))
  const isThere = ({ grantee, privilege }: Privilege) =>
    after.privileges.some(
      (each) => each.isThere && each.grantee === grantee && each.privilege === privilege,
    )
  const changed = before.privileges.filter(
    (each) =>
      each.isInitial !== each.isThere &&
      each.isThere !== isThere(each) &&
      !isProviderRole(each.grantee ?? '', provider),
  )
  const nameOf = ({ grantee }: Privilege) =>
    grantee === null ? 'public' : quoteIdentifier(grantee)
  const told = [
    ...extensions.map((name) => `extension ${quoteIdentifier(name)}`),
    ...changed.map(
      (each) =>
        `${each.isThere ? '' : 'no '}privilege ${each.privilege} on schema public for ${each.grantee ?? 'PUBLIC'}`,
    ),
  ]
  if (told.length === 0) return []
  const statements = [
    ...extensions.map((name) => `create extension ${quoteIdentifier(name)};`),
    ...changed.map((each) =>
      each.isThere
        ? `grant ${each.privilege} on schema public to ${nameOf(each)};`
        : `revoke ${each.privilege} on schema public from ${nameOf(each)};`,
    ),
  ]
  return [
    {
      severity: 'warning',
      database: 'template1',
      object: 'contents',
      message: `The template1 of the source is not moved, and databases created on the target later will not have what it gives to new ones: ${told.join(', ')}.`,
      remedy: `-- on the target, in the database template1, after the upgrade\n${statements.join('\n')}`,
    },
  ]
}

async function readContents(session: Session) {
  const extensions = await session.query<{ name: string; isCreated: boolean }>(
    `select name::pg_catalog.text, installed_version is not null as "isCreated"
       from pg_catalog.pg_available_extensions where name <> 'plpgsql' order by 1`,
  )
  return {
    extensions: extensions.filter(({ isCreated }) => isCreated).map(({ name }) => name),
    offered: new Set(extensions.filter(({ isCreated }) => !isCreated).map(({ name }) => name)),
    privileges: await session.query<Privilege>(privilegesOnPublic),
  }
}

/** Those that initdb has recorded, and those that are there now; without the owner's. */
const privilegesOnPublic = `
  select case p.grantee when 0 then null else pg_catalog.pg_get_userbyid(p.grantee)::pg_catalog.text end as grantee,
         p.privilege_type as privilege,
         pg_catalog.bool_or(p.is_initial) as "isInitial",
         pg_catalog.bool_or(not p.is_initial) as "isThere"
    from (select n.nspowner, a.grantee, a.privilege_type, x.is_initial
            from pg_catalog.pg_namespace n
            left join pg_catalog.pg_init_privs i
              on i.objoid = n.oid and i.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
           cross join lateral (values (true, i.initprivs),
                                      (false, coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner)))) x (is_initial, acl)
           cross join lateral pg_catalog.aclexplode(x.acl) a
           where n.nspname = 'public') p
   where p.grantee <> p.nspowner
   group by 1, 2
   order by 1 nulls first, 2`
