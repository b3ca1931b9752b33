/** Members that were taken out of extensions by hand: a dump carries them, and CREATE EXTENSION makes them as well. */
import type { Session } from '../../server/index.js'
import type { Found } from '../check.js'
import { removalStatement } from '../definitions/removal-statements.js'
import type { Extension } from './creation.js'
import { isWithin, memberships } from './scripts.js'

interface Removal {
  readonly type: string
  readonly identity: string
  readonly name: string
  readonly extension: string
  /** The extension's only script made it: none has taken out what an older one had made, and no user came between two. */
  readonly isByHand: boolean
}

/**
 * What a script made keeps the mark of the command that created it, also when it is no member any more. Parts of others
 * (deptypes a and i) go with these, except that an operator class is part of its family. What was first or last in its
 * script, or was replaced or moved since, is not recognised.
 */
const removals = `
  with ${memberships}
  select distinct i.type, i.identity, e.extname::pg_catalog.text as name, pg_catalog.quote_ident(e.extname) as extension,
         not exists (select from script c where c.extension = s.extension and c.at <> s.at) as "isByHand"
    from span s
    join pg_catalog.pg_extension e on e.oid = s.extension
    join pg_catalog.pg_depend o on ${isWithin('o', 's')}
   cross join lateral pg_catalog.pg_identify_object(o.classid, o.objid, 0) i
   where o.deptype = 'n' and o.objid >= 16384 and i.identity is not null
     and o.classid not in ('pg_catalog.pg_extension'::pg_catalog.regclass, 'pg_catalog.pg_amop'::pg_catalog.regclass,
                           'pg_catalog.pg_amproc'::pg_catalog.regclass)
     and not exists (select from member m where m.catalog = o.classid and m.oid = o.objid)
     and not exists (select from pg_catalog.pg_depend p
                      where p.classid = o.classid and p.objid = o.objid
                        and (p.deptype = 'i'
                             or p.deptype = 'a' and p.classid <> 'pg_catalog.pg_opclass'::pg_catalog.regclass))
   order by 1, 2`

/** The functions, types, tables and others that an extension has made, and that somebody has taken out of it. */
export async function findRemovals(
  session: Session,
  extensions: readonly Extension[],
): Promise<Found[]> {
  const offered = new Map(extensions.map((extension) => [extension.name, extension]))
  return (await session.query<Removal>(removals)).map((removal) =>
    describe(removal, offered.get(removal.name)),
  )
}

const holdingRows = /^(?:table|materialized view|sequence)$/

function describe(
  { type, identity, extension, isByHand }: Removal,
  versions: Extension | undefined,
): Found {
  const isCertain = isByHand && versions?.version === versions?.offered?.version
  const consequence = isCertain
    ? 'makes it on the target as well: the restore would fail, because it already exists'
    : 'makes it on the target as well if the version there still has it: then the restore fails, because it already exists'
  return {
    severity: isCertain ? 'blocking' : 'warning',
    object: identity,
    message: `The ${type} ${identity} was made by the extension ${extension} and is no longer a member of it (ALTER EXTENSION … DROP). A dump carries it, and CREATE EXTENSION ${consequence}.`,
    remedy: remedyOf({ type, identity, extension }, isCertain),
  }
}

function remedyOf(
  { type, identity, extension }: Pick<Removal, 'type' | 'identity' | 'extension'>,
  isCertain: boolean,
): string {
  const removal = removalStatement(type, identity) ?? `drop ${type} ${identity};`
  const addition = `alter extension ${extension} ${removal.replace(/^drop /, 'add ')}`
  const own = `if it is yours, rename it (ALTER … RENAME TO …): as a member of ${extension} it would not arrive`
  if (!holdingRows.test(type)) {
    const version = isCertain ? '' : ', and if the version of the target still has it'
    return `-- on the source, only if it is the extension's${version}; ${own}\n${addition}`
  }
  const version = isCertain ? '' : ' and the version of the target still has it'
  return `On the source: ${own}, nor would its rows. If it is the extension's${version}, first copy its rows into a table of your own (CREATE TABLE … AS TABLE ${identity}), then put it back (${addition.replace(/;$/, '')}). After the upgrade, write them from there into the ${type} on the target.`
}
