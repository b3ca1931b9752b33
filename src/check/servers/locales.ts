/** Encodings, locales and collations of the source that the target cannot offer. */
import { QueryError } from '../../errors.js'
import { quoteIdentifier, type Server, type Session } from '../../server/index.js'
import { localeCandidates } from '../../staging/index.js'
import { identity, isUsers, isUsersRelation } from '../catalog.js'
import type { Check, DatabaseCheck, Found, ServerCheck, ServerContext } from '../check.js'

interface DatabaseLocale {
  readonly name: string
  readonly encoding: string
  /** `c` libc, `i` ICU (15), `b` builtin (17) */
  readonly provider: string
  readonly collate: string
  readonly ctype: string
}

function readLocales({
  source,
  sourceSession,
  databases,
}: ServerContext): Promise<DatabaseLocale[]> {
  const provider = source.facts.major >= 15 ? 'datlocprovider::pg_catalog.text' : `'c'`
  return sourceSession.query<DatabaseLocale>(
    `select datname::pg_catalog.text as name, pg_catalog.pg_encoding_to_char(encoding)::pg_catalog.text as encoding,
            ${provider} as provider, datcollate::pg_catalog.text as collate, datctype::pg_catalog.text as ctype
       from pg_catalog.pg_database where datname::pg_catalog.text = any($1::pg_catalog.text[]) order by 1`,
    [databases],
  )
}

const encoding: ServerCheck = {
  name: 'encoding',
  scope: 'server',
  subject: 'the encodings of the databases',
  worst: 'blocking',
  async run(context) {
    const found: Found[] = []
    for (const locale of await readLocales(context)) {
      const [row] = await context.targetSession.query<{ isKnown: boolean }>(
        'select pg_catalog.pg_char_to_encoding($1::pg_catalog.name) <> -1 as "isKnown"',
        [locale.encoding],
      )
      const finding =
        row?.isKnown === true ? judgeSqlAscii(locale, context) : unknownEncoding(locale, context)
      if (finding !== undefined) found.push({ database: locale.name, ...finding })
    }
    return found
  },
}

function unknownEncoding(locale: DatabaseLocale, { target }: ServerContext): Found {
  return {
    severity: 'blocking',
    message: `The database has the encoding ${locale.encoding}, which PostgreSQL ${target.facts.major} does not have.`,
    remedy:
      'Dump the database in another encoding by hand (pg_dump --encoding=UTF8), and restore it as UTF8.',
  }
}

/** SQL_ASCII stays SQL_ASCII, so that no byte is lost; a superuser alone may combine it with any locale. */
function judgeSqlAscii(locale: DatabaseLocale, { target }: ServerContext): Found | undefined {
  if (locale.encoding !== 'SQL_ASCII') return undefined
  const isPlain = /^(?:C|POSIX)$/.test(locale.collate) && /^(?:C|POSIX)$/.test(locale.ctype)
  if (!isPlain && !target.facts.isSuperuser) {
    return {
      severity: 'blocking',
      message: `The database has the encoding SQL_ASCII and the locale ${locale.collate}: only a superuser may create one like it on the target.`,
      remedy: 'Use a superuser in target-url, or convert the database to UTF8 on the source first.',
    }
  }
  return {
    severity: 'warning',
    message:
      'The database has the encoding SQL_ASCII: PostgreSQL does not know what its bytes mean. It is moved as SQL_ASCII, byte for byte; it does not become UTF8.',
    remedy:
      'To have UTF8, find out the true encoding (LATIN1, say), and move the database by hand:\npg_dump --encoding=LATIN1 --format=custom --file=dump SOURCE\npg_restore --dbname=TARGET_IN_UTF8 dump',
  }
}

/**
 * Whether the target's system has a locale of its C library. LC_MONETARY may be set by anyone, and is checked
 * against the system; for one statement it changes nothing. Whatever its encoding: that is known of the locales that initdb
 * has listed as collations. A superuser may combine SQL_ASCII with any.
 */
async function hasLocale(session: Session, name: string, encoding: string): Promise<boolean> {
  try {
    await session.query(`select pg_catalog.set_config('lc_monetary', $1::text, true)`, [name])
    const [row] = await session.query<{ fits: boolean }>(
      `select coalesce(pg_catalog.bool_or(c.collencoding in (-1, pg_catalog.pg_char_to_encoding($2::pg_catalog.name))), true)
              or $2::pg_catalog.name = 'SQL_ASCII' as fits
         from pg_catalog.pg_collation c
        where c.collprovider = 'c' and c.collcollate::pg_catalog.text = $1::pg_catalog.text`,
      [name, encoding],
    )
    return row?.fits === true
  } catch (error) {
    if (error instanceof QueryError && error.sqlState === '22023') return false
    throw error
  }
}

async function hasIcu(session: Session): Promise<boolean> {
  return (
    (await session.query(`select 1 from pg_catalog.pg_collation where collprovider = 'i' limit 1`))
      .length > 0
  )
}

const installRemedy =
  "Install the locale on the target's machine (on Debian: locale-gen) and restart PostgreSQL."

const locale: ServerCheck = {
  name: 'locale-missing',
  scope: 'server',
  subject: 'the locales of the databases',
  worst: 'blocking',
  async run(context) {
    const found: Found[] = []
    for (const wanted of await readLocales(context)) {
      if (wanted.provider === 'i' && !(await hasIcu(context.targetSession))) {
        found.push({
          severity: 'blocking',
          database: wanted.name,
          message: 'The database has a locale of ICU, and the target was built without ICU.',
          remedy: 'Use a target that was built with ICU.',
        })
      }
      if (await offersLocale(context.targetSession, wanted)) continue
      found.push({
        severity: 'blocking',
        database: wanted.name,
        message: `The target's operating system has no locale ${JSON.stringify(wanted.collate)}${wanted.ctype === wanted.collate ? '' : ` or ${JSON.stringify(wanted.ctype)}`} (LC_COLLATE, LC_CTYPE) in the encoding ${wanted.encoding}.`,
        remedy: installRemedy,
      })
    }
    return found
  },
}

/** Under any of the spellings that the staging database would be tried with. */
async function offersLocale(session: Session, wanted: DatabaseLocale): Promise<boolean> {
  const has = (name: string) => hasLocale(session, name, wanted.encoding)
  for (const { collate, ctype } of localeCandidates(wanted)) {
    if ((await has(collate)) && (await has(ctype))) return true
  }
  return false
}

interface UsedCollation {
  readonly object: string
  readonly name: string
  readonly isSystems: boolean
  readonly provider: string
  readonly collate: string | null
  readonly ctype: string | null
  readonly encoding: string
}

const collation: DatabaseCheck = {
  name: 'collation-missing',
  scope: 'database',
  subject: 'the collations in use',
  worst: 'blocking',
  async run({ sourceSession, target, targetSession }) {
    const found: Found[] = []
    for (const used of await readCollations(sourceSession)) {
      if (await offersCollation(targetSession, used)) continue
      found.push({
        severity: 'blocking',
        object: used.object,
        message: `The collation ${used.object} is in use, and the target has nothing like it${used.isSystems ? '' : `: its locale ${JSON.stringify(used.collate ?? used.name)} is missing there`}.`,
        ...(used.isSystems
          ? { remedy: importRemedy(target), remedyInDatabase: false }
          : { remedy: installRemedy }),
      })
    }
    return found
  },
}

/** Databases are created from template0, where nobody may connect; the checks read the database that the action connects to. */
function importRemedy({ parameters }: Server): string {
  const load = `select pg_import_system_collations('pg_catalog');`
  return [
    '-- on the target, as a superuser, once its machine has the locale: new databases are copies of template0',
    'alter database template0 with allow_connections true;',
    '\\connect template0',
    load,
    `\\connect ${quoteIdentifier(parameters.database)}`,
    'alter database template0 with allow_connections false;',
    load,
  ].join('\n')
}

/**
 * Collations of users, and those of the system that a column, an index or a domain of a user's has. The many columns are
 * made the few collations first: as an `in`, their list would be gone through again for each collation.
 */
function readCollations(session: Session): Promise<UsedCollation[]> {
  return session.query<UsedCollation>(
    `select ${identity('pg_collation', 'o.oid')} as object, o.collname::pg_catalog.text as name,
            o.collnamespace = 'pg_catalog'::pg_catalog.regnamespace as "isSystems",
            o.collprovider::pg_catalog.text as provider, o.collcollate::pg_catalog.text as collate,
            o.collctype::pg_catalog.text as ctype,
            pg_catalog.pg_encoding_to_char(d.encoding)::pg_catalog.text as encoding
       from (select a.attcollation as oid from pg_catalog.pg_attribute a
               join pg_catalog.pg_class c on c.oid = a.attrelid
               join pg_catalog.pg_namespace n on n.oid = c.relnamespace
              where not a.attisdropped and ${isUsersRelation('c', 'n')}
             union
             select t.typcollation from pg_catalog.pg_type t where ${isUsers('pg_type', 't')}
             union
             select o.oid from pg_catalog.pg_collation o
              where o.collnamespace <> 'pg_catalog'::pg_catalog.regnamespace
                and ${isUsers('pg_collation', 'o')}) used
       join pg_catalog.pg_collation o on o.oid = used.oid
       join pg_catalog.pg_database d on d.datname = pg_catalog.current_database()
      order by 1`,
  )
}

async function offersCollation(session: Session, used: UsedCollation): Promise<boolean> {
  if (used.isSystems) {
    const rows = await session.query(
      `select 1 from pg_catalog.pg_collation
        where collnamespace = 'pg_catalog'::pg_catalog.regnamespace and collname = $1::pg_catalog.name
          and collencoding in (-1, pg_catalog.pg_char_to_encoding($2::pg_catalog.name))`,
      [used.name, used.encoding],
    )
    return rows.length > 0
  }
  if (used.provider === 'i') return hasIcu(session)
  if (used.provider !== 'c') return true
  const locales = [used.collate, used.ctype].filter((name) => name !== null)
  for (const name of locales) if (!(await hasLocale(session, name, used.encoding))) return false
  return true
}

export const localeChecks: readonly Check[] = [encoding, locale, collation]
