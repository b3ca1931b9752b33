/** What the source has revoked from PUBLIC on objects of the system and of extensions, and the target's administrator may not revoke. */
import { readSystemPrivileges } from '../../roles/index.js'
import { grantWords, type OwnedObject, type Privilege, type Session } from '../../server/index.js'
import { listed } from '../../report/format.js'
import type { DatabaseCheck, Found } from '../check.js'

/** What PUBLIC will have on one object again. */
interface Lost {
  /** As GRANT names it: `routine f(integer)`. */
  readonly place: string
  readonly privileges: readonly string[]
}

const shown = 5
/** A remedy is there to be read before it is pasted. */
const revokedByRemedy = 50

/** The move of the database tells it as well, as the target has refused it. */
export const lostRevokes: DatabaseCheck = {
  name: 'ownership-refused',
  scope: 'database',
  subject: 'what was revoked from PUBLIC on objects of the system and of extensions',
  worst: 'warning',
  async run({ source, sourceSession, target, targetSession }) {
    if (target.facts.isSuperuser) return []
    const revoked = (await readSystemPrivileges(sourceSession, source.facts.provider)).filter(
      (object) => lostOn(object) !== undefined,
    )
    if (revoked.length === 0 || (await actsAsFirstSuperuser(targetSession))) return []
    const own = await readOwnMembers(sourceSession, targetSession)
    const lost = revoked
      .filter(({ catalog, oid }) => !own.has(`${catalog} ${oid}`))
      .flatMap((object) => lostOn(object) ?? [])
    const describe = (list: readonly Lost[]) => foundOf(list, target.facts.user)
    if (lost.length > shown) return [describe(lost)]
    return lost.map((each) => describe([each]))
  },
}

function lostOn({ type, identity, privileges, defaults }: OwnedObject): Lost | undefined {
  const word = grantWords[type]
  const publics = (list: readonly Privilege[] | null) =>
    (list ?? []).flatMap(({ grantee, privilege }) => (grantee === null ? [privilege] : []))
  const left = publics(privileges)
  const lost = publics(defaults).filter((privilege) => !left.includes(privilege))
  if (word === undefined || lost.length === 0) return undefined
  return { place: `${word} ${identity}`, privileges: lost }
}

/** To the superuser that initdb made belong the system's objects, and those of extensions that only a superuser creates. */
async function actsAsFirstSuperuser(target: Session): Promise<boolean> {
  const [row] = await target.query<{ may: boolean }>(
    `select pg_catalog.pg_has_role(10::pg_catalog.oid, 'usage') as may`,
  )
  return row?.may === true
}

/** Members of extensions that will belong to whoever creates them on the target, which is the administrator; plpgsql is there. */
async function readOwnMembers(source: Session, target: Session): Promise<ReadonlySet<string>> {
  const extensions = await target.query<{ name: string }>(
    `select e.name::pg_catalog.text as name
       from pg_catalog.pg_available_extensions e
       join pg_catalog.pg_available_extension_versions v
         on v.name = e.name and v.version = e.default_version
      where not v.superuser and e.name <> 'plpgsql'`,
  )
  const members = await source.query<{ key: string }>(
    `select d.classid::pg_catalog.text || ' ' || d.objid as key
       from pg_catalog.pg_depend d
       join pg_catalog.pg_extension e on e.oid = d.refobjid
      where d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.deptype = 'e'
        and d.objid >= 16384 and e.extname = any ($1::pg_catalog.text[])`,
    [extensions.map(({ name }) => name)],
  )
  return new Set(members.map(({ key }) => key))
}

function foundOf(list: readonly Lost[], administrator: string): Found {
  const [first] = list
  const isOne = list.length === 1 && first !== undefined
  const user = JSON.stringify(administrator)
  const statements = list
    .slice(0, revokedByRemedy)
    .map(({ place, privileges }) => `revoke ${privileges.join(', ')} on ${place} from public;`)
  const more = list.length - revokedByRemedy
  return {
    severity: 'warning',
    object: isOne ? `the privileges on ${first.place}` : `${list.length} objects`,
    message: isOne
      ? `Everybody will have ${first.privileges.join(', ')} on ${first.place} on the target, which the source has revoked from PUBLIC: there it belongs to a superuser, and ${user} may not revoke it.`
      : `Everybody will have privileges on ${list.length} objects on the target, which the source has revoked from PUBLIC: there they belong to a superuser, and ${user} may not revoke them: ${listed(
          list.map(({ place }) => place),
          shown,
        )}.`,
    remedy: [
      '-- on the target, in the database, after the upgrade, as a superuser',
      ...statements,
      ...(more > 0 ? [`-- and ${more} more in the same way`] : []),
    ].join('\n'),
    remedyInDatabase: false,
  }
}
