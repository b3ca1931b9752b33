/** Objects of users that are built on what the target's version of an extension no longer has as it was, or that were put into one, and members that were altered or taken out. */
import { isMember, type Session } from '../../server/index.js'
import type { DatabaseCheck, Found } from '../check.js'
import { findAdditions } from './additions.js'
import { findAlterations } from './alterations.js'
import { findRemovals } from './removals.js'
import { isNewer } from './rules.js'
import { readExtensions } from './creation.js'
import { changedMembers, type ChangedMember } from '../data/extension-members.js'
import { changedPrivileges } from '../roles/privileges.js'
import { removalRemedy } from '../definitions/removal-statements.js'

interface Change extends ChangedMember {
  /** The version that the target creates. */
  readonly offered: string
}

/** The rows of `changed` as the members of the source that they are: `change`, `member`, and an address. */
const members = `
  changed as (
    select * from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]),
                             pg_catalog.unnest($3::pg_catalog.text[]), pg_catalog.unnest($4::pg_catalog.int4[]))
      c (extension, kind, member, intact)),
  member as (
    select c.*, d.classid, d.objid, coalesce(a.attnum, 0)::pg_catalog.int4 as part
      from changed c
      join pg_catalog.pg_extension e on e.extname::pg_catalog.text = c.extension
      join pg_catalog.pg_depend d
        on d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.refobjid = e.oid
      left join pg_catalog.pg_class r
        on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and r.oid = d.objid
      left join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0
      left join pg_catalog.pg_proc f
        on d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and f.oid = d.objid
      left join pg_catalog.pg_operator o
        on d.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass and o.oid = d.objid
      left join pg_catalog.pg_type l on l.oid = o.oprleft
     where d.deptype = 'e'
       -- A function without columns in its result has one, which is the result.
       and (c.intact is null
            or c.intact < coalesce((select pg_catalog.count(*) from pg_catalog.unnest(f.proargmodes) m (mode)
                                     where m.mode in ('o', 't')), 1))
       and c.member = case c.kind
             when 'column' then r.relname::pg_catalog.text || '.' || a.attname::pg_catalog.text
             when 'function' then f.proname::pg_catalog.text || '(' || pg_catalog.oidvectortypes(f.proargtypes) || ')'
             else o.oprname::pg_catalog.text || '(' || l.typname::pg_catalog.text || ')' end)`

interface Use {
  readonly extension: string
  readonly member: string
  /** What pg_identify_object calls the object that is built on it. */
  readonly type: string
  readonly object: string
}

/** What depends on a member and is no member of an extension itself: a view by its rule, a column by its default, a family by its operators. */
function readUses(session: Session, changes: readonly Change[]): Promise<Use[]> {
  return session.query<Use>(
    `with ${members},
     dependent as (
       select m.extension, m.member,
              case when r.oid is not null or f.oid is not null
                     then 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
                   when o.oid is not null or p.oid is not null
                     then 'pg_catalog.pg_opfamily'::pg_catalog.regclass::pg_catalog.oid
                   else d.classid end as classid,
              coalesce(r.ev_class, f.adrelid, o.amopfamily, p.amprocfamily, d.objid) as objid,
              coalesce(f.adnum, 0) as part
         from member m
         join pg_catalog.pg_depend d on d.refclassid = m.classid and d.refobjid = m.objid
                                    and (m.part = 0 or d.refobjsubid = m.part)
         left join pg_catalog.pg_rewrite r
           on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid
         left join pg_catalog.pg_attrdef f
           on d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and f.oid = d.objid
         left join pg_catalog.pg_amop o
           on d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass and o.oid = d.objid
         left join pg_catalog.pg_amproc p
           on d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass and p.oid = d.objid)
     select distinct u.extension, u.member, i.type, i.identity as object
       from dependent u
      cross join lateral pg_catalog.pg_identify_object(u.classid, u.objid, u.part) i
      where i.identity is not null
        and not ${isMember('u.classid', 'u.objid')}
      order by 4, 2`,
    parametersOf(changes),
  )
}

function parametersOf(changes: readonly ChangedMember[]): unknown[] {
  return [
    changes.map(({ extension }) => extension),
    changes.map(({ kind }) => kind),
    changes.map(({ member }) => member),
    changes.map(({ intact }) => intact ?? null),
  ]
}

interface Grant {
  readonly extension: string
  readonly member: string
  readonly object: string
  /** What makes the privileges again what the extension gives. */
  readonly statements: readonly string[]
}

/** Members whose privileges are not those that the extension gave: a dump grants them again, by name and arguments. */
function readGrants(session: Session, changes: readonly Change[]): Promise<Grant[]> {
  return session.query<Grant>(
    `with ${members},
     privilege as (
       select m.extension, m.member, i.identity as object,
              case m.kind when 'column' then ' (' || pg_catalog.quote_ident(a.attname) || ')' else '' end as column,
              case m.kind when 'column' then r.oid::pg_catalog.regclass::pg_catalog.text
                          else 'function ' || i.identity end as place,
              case m.kind when 'column' then a.attacl
                          else coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner)) end as now,
              coalesce(g.initprivs, case m.kind when 'function'
                                         then pg_catalog.acldefault('f', f.proowner) end) as given
         from member m
        cross join lateral pg_catalog.pg_identify_object(m.classid, m.objid, m.part) i
         left join pg_catalog.pg_proc f on m.kind = 'function' and f.oid = m.objid
         left join pg_catalog.pg_class r on m.kind = 'column' and r.oid = m.objid
         left join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum = m.part
         left join pg_catalog.pg_init_privs g
           on g.classoid = m.classid and g.objoid = m.objid and g.objsubid = m.part
        where m.kind in ('column', 'function'))
     ${changedPrivileges('extension, member, object')}`,
    parametersOf(changes),
  )
}

export const extensionMember: DatabaseCheck = {
  name: 'extension-member',
  scope: 'database',
  subject: 'members of extensions, and what is built on them',
  worst: 'blocking',
  async run(context) {
    const extensions = await readExtensions(context)
    const crossed = changedMembers.flatMap((change): Change[] => {
      const extension = extensions.find(({ name }) => name === change.extension)
      const offered = extension?.offered?.version
      if (extension === undefined || offered === undefined) return []
      const isCrossed = isNewer(change.since, extension.version) && !isNewer(change.since, offered)
      return isCrossed ? [{ ...change, offered }] : []
    })
    const [gone, result, renamed] = (['gone', 'result', 'arguments'] as const).map((kind) =>
      crossed.filter(({ change }) => change === kind),
    )
    return [
      ...(await findUses(context.sourceSession, gone ?? [])),
      ...(await findUses(context.sourceSession, result ?? [])),
      ...(await findGrants(context.sourceSession, [...(gone ?? []), ...(renamed ?? [])])),
      ...(await findAdditions(context.sourceSession)),
      ...(await findAlterations(context.sourceSession)),
      ...(await findRemovals(context.sourceSession, extensions)),
    ]
  },
}

async function findUses(session: Session, changes: readonly Change[]): Promise<Found[]> {
  if (changes.length === 0) return []
  const uses = await readUses(session, changes)
  // Several columns of one view are one finding.
  const first = new Map<string, Use>()
  for (const use of uses) if (!first.has(use.object)) first.set(use.object, use)
  return [...first.values()].map((use) => {
    const kind = kinds[use.type] ?? use.type
    const { change, kind: kindOfMember } = changeOf(use, changes)
    return {
      severity: 'blocking',
      object: use.object,
      message: `The ${kind} ${use.object} uses the ${kindOfMember} ${use.member} of the extension ${use.extension}${ends[change]}${versions(use, changes)}`,
      remedy: removalRemedy(
        kind,
        use.object,
        change === 'gone' ? `the ${kindOfMember} ${use.member}` : 'its old columns',
      ),
    }
  })
}

/** How a dump names what pg_identify_object calls so, as far as it is built on a member. */
const kinds: Readonly<Record<string, string>> = {
  'table column': 'default',
  'view column': 'default',
  'table constraint': 'check constraint',
  'statistics object': 'statistics',
  // A table depends on nothing but by its columns' defaults, its constraints and its rules.
  table: 'rule',
}

const ends: Readonly<Record<ChangedMember['change'], string>> = {
  gone: ', which is gone',
  result:
    ', whose columns are others and stand in other places. A dump names them by their place, so that without an error others would be read',
  arguments: '',
}

function changeOf(
  { extension, member }: Pick<Use, 'extension' | 'member'>,
  changes: readonly Change[],
): Change {
  const change = changes.find((each) => each.extension === extension && each.member === member)
  if (change === undefined) throw new Error(`Nothing is known of ${member} of ${extension}.`)
  return change
}

function versions(of: Pick<Use, 'extension' | 'member'>, changes: readonly Change[]): string {
  const { since, offered } = changeOf(of, changes)
  return ` (since its version ${since}; the target creates ${offered}).`
}

async function findGrants(session: Session, changes: readonly Change[]): Promise<Found[]> {
  if (changes.length === 0) return []
  const grants = await readGrants(session, changes)
  return grants.map((grant) => {
    const { kind, change } = changeOf(grant, changes)
    const fate = change === 'gone' ? 'is gone' : 'takes other arguments'
    return {
      severity: 'blocking',
      object: grant.object,
      message: `Privileges on the ${kind} ${grant.object} of the extension ${grant.extension} were granted or revoked, and it ${fate}${versions(grant, changes)} The dump's GRANT would fail.`,
      remedy: `-- on the source; grant them on the new ${kind} after the upgrade\n${grant.statements.join('\n')}`,
    }
  })
}
