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
  /** No other script of the extension was at work: it was none that has taken out what an older one had made. */
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
         not exists (select from work w where w.extension = s.extension and w.at <> s.at) as "isByHand"
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
  const removal = removalStatement(type, identity) ?? `drop ${type} ${identity};`
  const consequence = isCertain
    ? 'makes it on the target as well: the restore would fail, because it already exists'
    : 'makes it on the target as well if the version there still has it: then the restore fails, because it already exists'
  const rows = holdingRows.test(type)
    ? '; its rows are then left to CREATE EXTENSION: keep a copy of those that are yours'
    : ''
  return {
    severity: isCertain ? 'blocking' : 'warning',
    object: identity,
    message: `The ${type} ${identity} was made by the extension ${extension} and is no longer a member of it (ALTER EXTENSION … DROP). A dump carries it, and CREATE EXTENSION ${consequence}.`,
    remedy: `-- on the source${isCertain ? '' : ', if the version of the target still has it'}${rows}\nalter extension ${extension} ${removal.replace(/^drop /, 'add ')}`,
  }
}
