/** Which language a server answers in: errors are known, and rows are cut out of them, by their English words. */
import type { Session } from './session.js'

export interface MessagesLanguage {
  /** The server's messages arrive in English, with the settings of our sessions. */
  readonly saysEnglish: boolean
  /** The role may set lc_messages itself. */
  readonly choosesMessages: boolean
}

interface Said {
  /** Descriptions that every translation of PostgreSQL translates. */
  readonly described: readonly string[]
  /** The database of the session sets lc_messages, so that nothing is known of the others. */
  readonly isOfDatabase: boolean
  /** What other databases set for the role or for everybody: `lc_messages=de_DE.UTF-8`. */
  readonly elsewhere: readonly string[]
}

/** A name of a locale says little: a server without translations speaks English in any. What it says, counts. */
export function isEnglish({ described, isOfDatabase, elsewhere }: Said): boolean {
  return (
    /^function \S+\(\) language \S+ operator \S+\(/.test(described.join(' ')) &&
    !isOfDatabase &&
    elsewhere.every((setting) => /=(?:C|POSIX|en|English)(?:[_.@-].*)?$/i.test(setting))
  )
}

/** A superuser sets the language, and from 15 on whoever was granted that; everybody else takes what there is. */
export async function readMessagesLanguage(
  session: Session,
  { major, isSuperuser }: { readonly major: number; readonly isSuperuser: boolean },
): Promise<MessagesLanguage> {
  if (isSuperuser) return { saysEnglish: true, choosesMessages: true }
  const choosesMessages =
    major >= 15 ? `pg_catalog.has_parameter_privilege('lc_messages', 'set')` : 'false'
  const [row] = await session.query<Said & Pick<MessagesLanguage, 'choosesMessages'>>(
    `select ${choosesMessages} as "choosesMessages",
            array[pg_catalog.pg_describe_object('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.now()'::pg_catalog.regprocedure, 0),
                  pg_catalog.pg_describe_object('pg_catalog.pg_language'::pg_catalog.regclass, (select oid from pg_catalog.pg_language where lanname = 'sql'), 0),
                  pg_catalog.pg_describe_object('pg_catalog.pg_operator'::pg_catalog.regclass, 'pg_catalog.=(pg_catalog.int4,pg_catalog.int4)'::pg_catalog.regoperator, 0)] as described,
            (select source in ('database', 'database user') from pg_catalog.pg_settings where name = 'lc_messages') as "isOfDatabase",
            array(select c.setting from pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c (setting)
                   where s.setdatabase <> 0 and c.setting like 'lc_messages=%'
                     and (s.setrole = 0 or s.setrole = (select oid from pg_catalog.pg_roles where rolname = current_user))) as elsewhere`,
  )
  if (row === undefined) throw new Error('The server did not tell the language of its messages.')
  const { choosesMessages: chooses, ...said } = row
  return { saysEnglish: chooses || isEnglish(said), choosesMessages: chooses }
}
