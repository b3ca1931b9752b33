/** Shared libraries and languages that objects of the source need and the target does not have. */
import { quoteIdentifier, type Session } from '../../server/index.js'
import { identity, isUsers } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'

const library: DatabaseCheck = {
  name: 'library-missing',
  scope: 'database',
  subject: 'whether the target has the library of every function in C',
  worst: 'blocking',
  async run({ sourceSession, target, targetSession }) {
    // For anybody else functions in C are not created at all, which is a finding of its own.
    if (!target.facts.isSuperuser) return []
    const functions = await sourceSession.query<{ object: string; library: string }>(
      `select ${identity('pg_proc', 'f.oid')} as object, f.probin as library
         from pg_catalog.pg_proc f join pg_catalog.pg_language l on l.oid = f.prolang
        where l.lanname = 'c' and ${isUsers('pg_proc', 'f')} order by 1`,
    )
    if (functions.length === 0) return []
    const missing = await readMissing(
      targetSession,
      functions.map((each) => each.library),
    )
    return functions
      .filter((each) => missing.has(each.library))
      .map((each) => ({
        severity: 'blocking',
        object: each.object,
        message: `The function ${each.object} is in the library ${JSON.stringify(each.library)}, which the target does not have.`,
        remedy: `-- install the library on the target, or on the source, if nothing needs it\ndrop function ${each.object};`,
      }))
  },
}

/** Which libraries have no file on the target, where its server would look (manual section 36.10.1). */
async function readMissing(target: Session, libraries: readonly string[]): Promise<Set<string>> {
  const rows = await target.query<{ library: string }>(
    `with folder (path) as (
       select pg_catalog.unnest(pg_catalog.string_to_array(
         pg_catalog.current_setting('dynamic_library_path'), ':'))),
     place (library, path) as (
       select library, library from pg_catalog.unnest($1::pg_catalog.text[]) as library
       union all
       select library, folder.path || '/' || library
         from pg_catalog.unnest($1::pg_catalog.text[]) as library cross join folder
        where pg_catalog.strpos(library, '/') = 0),
     file (library, path) as (
       select place.library, pg_catalog.regexp_replace(place.path, '^\\$libdir', c.setting) || suffix
         from place
        cross join pg_catalog.unnest(array['', '.so', '.dylib', '.dll']) as suffix
        cross join pg_catalog.pg_config() as c
        where c.name = 'PKGLIBDIR')
     select file.library from file cross join lateral pg_catalog.pg_stat_file(file.path, true) as found
      group by file.library having pg_catalog.count(found.size) = 0`,
    [[...new Set(libraries)]],
  )
  return new Set(rows.map(({ library }) => library))
}

const language: DatabaseCheck = {
  name: 'language-missing',
  scope: 'database',
  subject: 'languages that are not part of an extension',
  worst: 'blocking',
  async run({ sourceSession, targetSession, target }) {
    // Up to 12 CREATE LANGUAGE could put its handler into pg_catalog; 13 and later make an extension of the same statement.
    const languages = await sourceSession.query<{ name: string }>(
      `select l.lanname::pg_catalog.text as name
         from pg_catalog.pg_language l join pg_catalog.pg_proc h on h.oid = l.lanplcallfoid
        where h.pronamespace = 'pg_catalog'::pg_catalog.regnamespace and ${isUsers('pg_language', 'l')}
        order by 1`,
    )
    const offered = await targetSession.query<{ name: string }>(
      'select name::pg_catalog.text as name from pg_catalog.pg_available_extensions',
    )
    const names = new Set(offered.map(({ name }) => name))
    return languages
      .filter(({ name }) => !names.has(name))
      .map(({ name }) => ({
        severity: 'blocking',
        object: name,
        message: `The language ${quoteIdentifier(name)} is not available on the target (PostgreSQL ${target.facts.major} has no extension of that name).`,
        remedy: `-- install the language on the target, or on the source: drop it with every function that is written in it\ndrop language ${quoteIdentifier(name)} cascade;`,
      }))
  },
}

export const libraryChecks: readonly DatabaseCheck[] = [language, library]
