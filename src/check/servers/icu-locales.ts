/** Locales of ICU that mean another order on the target: 16 and later make a language tag of them first, 15 and older do not. */
import type { Server, Session } from '../../server/index.js'
import { identity, isUsers, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck, Found } from '../check.js'

interface IcuLocale {
  /** Quoted; null is the database's own locale. */
  readonly object: string | null
  readonly locale: string
  /** Tables that are partitioned by range with it. */
  readonly ranges: readonly string[]
  /** What goes by its equality, where that is not the bytes': tables with a unique or exclusion index, or partitioned otherwise. */
  readonly keys: readonly string[]
}

export const localeOrder: DatabaseCheck = {
  name: 'locale-order',
  scope: 'database',
  subject: 'the order of the locales of ICU',
  worst: 'blocking',
  async run(context) {
    return (await readChanged(context)).map(describe)
  },
}

interface Sides {
  readonly source: Server
  readonly sourceSession: Session
  readonly target: Server
}

/** The same of a database that has been moved: what the target would have refused is there or is a difference. */
export async function findMovedOrders(sides: Sides): Promise<Found[]> {
  return (await readChanged(sides)).map(warn)
}

async function readChanged({ source, sourceSession, target }: Sides): Promise<IcuLocale[]> {
  if (source.facts.major > 15 || target.facts.major < 16) return []
  const locales = await sourceSession.query<IcuLocale>(localesSql(source.facts.major))
  return locales.filter(({ locale }) => changesOrder(locale))
}

/** Keys of language tags that a collation goes by. Behind an `@`, ICU itself knows them by long names only (`colNumeric`, `collation`). */
const tagKeys = /^(?:co|k[abcfhknrsv]|va|vt)=/i

/**
 * Whether a language tag of that locale sorts otherwise than the locale itself. ICU has no language `C`, and passes over what it
 * does not know behind an `@`; a tag is made of both.
 */
export function changesOrder(locale: string): boolean {
  if (/^(?:c|posix)(?![a-z0-9])/i.test(locale)) return true
  const [, behind = ''] = /@(.*)$/s.exec(locale) ?? []
  return behind
    .split(';')
    .filter((word) => word.trim() !== '' && !/^euro$/i.test(word))
    .some((word) => !word.includes('=') || tagKeys.test(word.trim()))
}

/** 12 brought collations that are not deterministic, which equality goes by, and 15 databases with a locale of ICU. */
function localesSql(major: number): string {
  const locale = major >= 15 ? 'o.colliculocale' : 'o.collcollate::pg_catalog.text'
  const relations = `pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace`
  const table = identity('pg_class', 'c.oid')
  const partitioned = (condition: string) => `
    select ${table} from ${relations} join pg_catalog.pg_partitioned_table p on p.partrelid = c.oid
     where u.oid = any(p.partcollation) and ${condition} and ${isUsersRelation('c', 'n')}`
  return `
    select u.object, u.locale, array(${partitioned(`p.partstrat = 'r'`)} order by 1) as ranges,
           array(${partitioned(`p.partstrat <> 'r' and not u.deterministic`)}
                 union
                 select ${table} from ${relations} join pg_catalog.pg_index x on x.indrelid = c.oid
                  where u.oid = any(x.indcollation) and (x.indisunique or x.indisexclusion) and not u.deterministic
                    and ${isUsersRelation('c', 'n')} order by 1) as keys
      from (select o.oid, ${identity('pg_collation', 'o.oid')} as object, ${locale} as locale,
                   ${major >= 12 ? 'o.collisdeterministic' : 'true'} as deterministic
              from pg_catalog.pg_collation o
             where o.collprovider = 'i' and o.collnamespace <> 'pg_catalog'::pg_catalog.regnamespace
               and ${isUsers('pg_collation', 'o')}
            ${
              major >= 15
                ? `union all
                   select o.oid, null, d.daticulocale, true
                     from pg_catalog.pg_database d
                     join pg_catalog.pg_collation o on o.collprovider = 'd'
                    where d.datname = pg_catalog.current_database() and d.datlocprovider = 'i'`
                : ''
            }) u
     order by u.object nulls first`
}

const advice =
  'a collation that every major reads alike, whose locale is a language tag ("und-x-icu" is one for the order without a language)'

const meaning = ({ object, locale }: IcuLocale): string =>
  `The locale ${JSON.stringify(locale)} of ICU, which ${object === null ? 'the database' : `the collation ${object}`} has, means another order on the target: PostgreSQL 16 and later make a language tag of it, and up to 15 ICU passed over a part of it.`

function warn(locale: IcuLocale): Found {
  return {
    severity: 'warning',
    ...placeOf(locale),
    message: `${meaning(locale)} Queries may return rows in another order, and other rows where texts are compared.`,
    remedy: `Where that matters, give the columns ${advice}, on the source before the move or on the target after it.`,
  }
}

function describe(locale: IcuLocale): Found {
  const broken = [...new Set([...locale.ranges, ...locale.keys])]
  if (broken.length === 0) return warn(locale)
  return {
    severity: 'blocking',
    ...placeOf(locale),
    message: `${meaning(locale)} It is what rows are told apart by in ${broken.join(', ')}: the target may refuse them, once most of the others are there.`,
    remedy: `On the source give their columns ${advice}. Where a table is partitioned, detach its partitions, create it again with that collation in PARTITION BY, and attach them.`,
  }
}

const placeOf = ({ object }: IcuLocale): { object?: string } => (object === null ? {} : { object })
