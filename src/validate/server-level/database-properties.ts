/** Compares what belongs to a database as a whole: owner, locale, limits, comment, privileges, settings. */
import { UpgradeError } from '../../errors.js'
import type { Difference } from '../../report/report.js'
import {
  isRole,
  quoteLiteral,
  settingsBeforeFreezeSql,
  type Server,
  type ServerSide,
} from '../../server/index.js'
import { allDifferences, compareKind, readKind, type KindResult } from '../inventory/compare.js'
import {
  role,
  sharedLabels,
  since,
  sortedSettings,
  type Kind,
  type Versions,
} from '../inventory/kind.js'
import { toldSettings } from '../inventory/told.js'
import { exploded } from '../inventory/kinds/privileges.js'
import { readNaming } from '../inventory/naming.js'
import { compareSharedTexts } from './shared-texts.js'

/**
 * `en_US.UTF-8` and `en_US.utf8` are one locale, and so is `en_US` where the database's encoding says the same. Of `C` the codeset
 * matters, and SQL_ASCII goes with any.
 */
const locale = (text: string) =>
  `pg_catalog.lower(pg_catalog.regexp_replace(
     case when pg_catalog.pg_encoding_to_char(d.encoding) <> 'SQL_ASCII' and ${text}::pg_catalog.text !~ '^(C|POSIX)\\.'
          then pg_catalog.regexp_replace(${text}::pg_catalog.text, '\\.[^@]*', '') else ${text}::pg_catalog.text end,
     '[^[:alnum:]_@.]', '', 'g'))`

/** The locale of ICU and of the builtin provider: datlocale since 17, daticulocale in 15 and 16. */
const ownLocale = (versions: Versions) =>
  since(versions, 17, 'd.datlocale', since(versions, 15, 'd.daticulocale', 'null'))

const provider = (versions: Versions) => since(versions, 15, 'd.datlocprovider', `'c'`)

const properties = (name: string): Kind => ({
  kind: 'database',
  // datlocprovider: 15. daticurules: 16.
  sql: (versions) =>
    `select ''::pg_catalog.text as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('d.datdba')},
              'encoding', pg_catalog.pg_encoding_to_char(d.encoding),
              'provider', ${provider(versions)},
              'collate', ${locale('d.datcollate')},
              'ctype', ${locale('d.datctype')},
              'locale', case when ${provider(versions)} <> 'i' then ${ownLocale(versions)} end,
              'rules', ${since(versions, 16, 'd.daticurules', 'null')},
              'template', d.datistemplate,
              'connections allowed', d.datallowconn,
              'connection limit', d.datconnlimit,
              'comment', pg_catalog.shobj_description(d.oid, 'pg_database'),
              'security labels', ${sharedLabels('pg_database', 'd.oid')}) as facts,
            case ${provider(versions)} when 'i'
                 then pg_catalog.jsonb_build_object('locale', ${ownLocale(versions)}) end as code
       from pg_catalog.pg_database d
      where d.datname = ${quoteLiteral(name)}`,
})

const privileges = (name: string): Kind => ({
  kind: 'database privilege',
  sql: (versions) =>
    `select ''::pg_catalog.text as object,
            coalesce(${exploded(
              `coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))`,
              'd.datdba',
              versions,
            )}, '{}') as facts
       from pg_catalog.pg_database d
      where d.datname = ${quoteLiteral(name)}`,
})

/** A freeze of the source is the doing of a run, and does not count; on the target applications could not write. */
const settings = (name: string, side: ServerSide): Kind => {
  const values = side === 'source' ? settingsBeforeFreezeSql('s.setconfig') : 's.setconfig'
  return {
    kind: 'database setting',
    told: toldSettings,
    sql: () =>
      `select case s.setrole when 0 then '' else ' for role ' || pg_catalog.quote_ident(${role('s.setrole')}) end
                as object,
              pg_catalog.jsonb_build_object('settings', ${sortedSettings(values)}) as facts
         from pg_catalog.pg_db_role_setting s
         join pg_catalog.pg_database d on d.oid = s.setdatabase
        where d.datname = ${quoteLiteral(name)} and ${values} <> '{}'
          and (s.setrole = 0 or ${isRole('s.setrole')})`,
  }
}

/**
 * Compares a database's properties; `targetName` is its name on the target, where that is another one. They are
 * compared apart from what is inside, because a staging database gets most of them only when it is published.
 */
export async function compareDatabaseProperties(
  source: Server,
  target: Server,
  name: string,
  targetName: string = name,
): Promise<Difference[]> {
  const majors = { source: source.facts.major, target: target.facts.major }
  const naming = await readNaming({ source: { server: source }, target: { server: target } })
  const found: KindResult[] = []
  for (const kindOf of [properties, privileges, settings]) {
    const [before, after] = await Promise.all([
      source.withSession(undefined, (session) =>
        readKind(session, kindOf(name, 'source'), { ...majors, major: majors.source }),
      ),
      target.withSession(undefined, (session) =>
        readKind(session, kindOf(targetName, 'target'), { ...majors, major: majors.target }),
      ),
    ])
    if (kindOf === properties && before.size === 0) throw missing(source, name)
    found.push(compareKind(kindOf(name, 'source'), before, after, naming))
  }
  const differences = await allDifferences(
    { server: target, database: targetName },
    found,
    naming,
    1,
  )
  const overlooked = await compareSharedTexts(
    source,
    target,
    ({ what, database }, side) =>
      what !== 'name' && database === (side === 'source' ? name : targetName),
  )
  return [
    ...differences.map((difference) => ({
      ...difference,
      object: `${JSON.stringify(name)}${difference.object}`,
    })),
    ...overlooked,
  ]
}

function missing({ side }: Server, name: string): UpgradeError {
  return new UpgradeError(`There is no database ${JSON.stringify(name)} on the ${side}.`, {
    code: 'database-missing',
    side,
    hint: 'Was it renamed or dropped there? Both servers are compared by name: correct it in "databases", or give the database its name again.',
  })
}
