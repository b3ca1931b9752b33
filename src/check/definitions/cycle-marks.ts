/** Queries with CYCLE … SET … TO … DEFAULT …, which the server writes in a way that it does not read itself. */
import { holder, storedExpressions } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'
import { removalStatement } from './removal-statements.js'

/** The constant's bytes in the tree; the fourth of an integer says whether it is negative. */
const bytesFromZeroOn = '\\d+ \\[ (-?\\d+ ){3}\\d+ (-?\\d+ )*\\]'

/** What is written without its type, for which the grammar has no place: true and false, integers from 0 on, numbers with a point. */
const readableMark = [
  '\\{CONST :consttype (16|23|1700) :consttypmod -1 :constcollid 0 :constlen -?\\d+ :constbyval \\w+',
  `:constisnull false :location -?\\d+ :constvalue ${bytesFromZeroOn}\\}`,
].join(' ')

export const cycleMark: DatabaseCheck = {
  name: 'cycle-mark',
  scope: 'database',
  subject: 'values of CYCLE in queries',
  worst: 'blocking',
  async run({ source, sourceSession }) {
    // 14 brought CYCLE.
    if (source.facts.major < 14) return []
    const rows = await sourceSession.query<{ kind: string; object: string }>(
      `select e.kind, ${holder} as object
         from (${storedExpressions(source.facts.major)}) e
        where e.tree ~ ':cycle_mark_value (?!${readableMark} :cycle_mark_default ${readableMark} )'
        order by 1, 2`,
    )
    return rows.map(({ kind, object }) => ({
      severity: 'blocking',
      object,
      message: `The ${kind} ${object} marks cycles by values (CYCLE … SET … TO … DEFAULT …) that PostgreSQL writes with their type, as 'Y'::text, and does not read like that. No dump can create it: the restore would fail.`,
      remedy: remedy(kind, object),
    }))
  },
}

const other = 'with integers as values of CYCLE, as in TO 1 DEFAULT 0'

function remedy(kind: string, object: string): string {
  const statement = removalStatement(kind, object)
  return statement === undefined
    ? `On the source, define the ${kind} of ${object} ${other}.`
    : `-- on the source; create it again ${other}\n${statement}`
}
