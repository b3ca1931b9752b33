/**
 * Types and bounds of the sequences of identity columns. pg_dump writes such a sequence without its type, so that it is made with the
 * column's; LIKE … INCLUDING IDENTITY makes it a bigint, and ALTER SEQUENCE anything (pg_dump.c, dumpSequence).
 */
import type { Session } from '../../server/index.js'
import type { Statement } from '../administrator/privileges.js'

interface IdentitySequence {
  readonly sequence: string
  readonly type: string
  readonly minimum: string
  readonly maximum: string
}

async function readIdentitySequences(session: Session): Promise<IdentitySequence[]> {
  return session.query<IdentitySequence>(
    `select i.identity as sequence, pg_catalog.format_type(s.seqtypid, null) as type,
            s.seqmin::pg_catalog.text as minimum, s.seqmax::pg_catalog.text as maximum
       from (select q.seqrelid, q.seqtypid, q.seqmin, q.seqmax
               from pg_catalog.pg_sequence q
               join pg_catalog.pg_class c on c.oid = q.seqrelid
               join pg_catalog.pg_namespace n on n.oid = c.relnamespace
               join pg_catalog.pg_depend d
                 on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'i'
                and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
              where c.relpersistence <> 't' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
                and not exists (select from pg_catalog.pg_depend e
                                 where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                                   and e.objid = d.refobjid and e.deptype = 'e')
             offset 0) s
      cross join lateral pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, s.seqrelid, 0) i
      order by 1`,
  )
}

/** Gives those of the target what they have on the source. */
export async function identitySequenceStatements(
  source: Session,
  target: Session,
): Promise<Statement[]> {
  const wanted = await readIdentitySequences(source)
  if (wanted.length === 0) return []
  const present = new Set((await readIdentitySequences(target)).map((each) => JSON.stringify(each)))
  return wanted
    .filter((each) => !present.has(JSON.stringify(each)))
    .map(({ sequence, type, minimum, maximum }) => ({
      sql: `alter sequence ${sequence} as ${type} minvalue ${minimum} maxvalue ${maximum}`,
      what: `the type and the bounds of sequence ${sequence}`,
      object: `sequence ${sequence}`,
    }))
}
