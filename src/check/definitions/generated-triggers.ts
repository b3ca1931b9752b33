/** Triggers whose condition the target refuses, because their table was given a generated column later. */
import { identity, isUsersRelation } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'

interface Trigger {
  readonly table: string
  /** Quoted. */
  readonly name: string
  readonly definition: string
}

/** NEW is the second of the two relations of the condition, and all of a row is its column 0. */
const wholeNewRow = `'{VAR :varno 2 :varattno 0 '`
const isBefore = '(t.tgtype & 2) <> 0'

export const triggerGenerated: DatabaseCheck = {
  name: 'trigger-generated',
  scope: 'database',
  subject: 'triggers on tables with generated columns',
  worst: 'blocking',
  async run({ source, sourceSession }) {
    const { major } = source.facts
    if (major < 12) return []
    const isNoClone = major >= 13 ? 't.tgparentid = 0' : 'true'
    const triggers = await sourceSession.query<Trigger>(
      `select ${identity('pg_class', 'c.oid')} as table, pg_catalog.quote_ident(t.tgname) as name,
              pg_catalog.pg_get_triggerdef(t.oid) as definition
         from pg_catalog.pg_trigger t
         join pg_catalog.pg_class c on c.oid = t.tgrelid
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where ${isBefore} and not t.tgisinternal and ${isNoClone} and ${isUsersRelation('c', 'n')}
          and pg_catalog.strpos(t.tgqual::text, ${wholeNewRow}) > 0
          and exists (select from pg_catalog.pg_attribute a
                       where a.attrelid = c.oid and a.attgenerated <> '' and not a.attisdropped)
        order by 1, 2`,
    )
    return triggers.map(({ table, name, definition }) => ({
      severity: 'blocking',
      object: `${name} on ${table}`,
      message: `The condition of the trigger ${name} of ${table} takes all of NEW, in which the table has generated columns, that are not computed yet before the row is written. PostgreSQL lets a column be added so, but no such trigger be created: the restore would fail on it, once the rows are there.`,
      remedy: `-- on the source; create it again with the columns that it is to compare, here and there alike\n-- it is now: ${definition.replaceAll('\n', ' ')}\ndrop trigger ${name} on ${table};`,
    }))
  },
}
