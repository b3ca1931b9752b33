/** Queries with CYCLE … SET … TO … DEFAULT …, which the server writes in a way that it does not read itself. */
import { holder, storedExpressions } from '../catalog.js'
import type { DatabaseCheck } from '../check.js'
import { removalStatement } from './removal-statements.js'

/** A byte with its highest bit, which some machines write as a negative number; and what follows it. */
const high = '(-\\d+|12[89]|1[3-9]\\d|2\\d\\d) '
const any = '-?\\d+ '

/** The fourth byte of an integer says whether it is negative. */
const integerFromZeroOn = `(${any}){3}(?!${high})(${any})*`

/**
 * A numeric that is neither negative nor without a point: its header, behind the length, has places for digits behind it
 * (NUMERIC_DSCALE), and no sign (numeric.c). The short header has them in bits 7 to 12, the long one in bits 0 to 13.
 */
const shortHeader = `(${high}(-128|128) |${any}(-12[0-7]|-1[01]\\d|-9[7-9]|129|1[34]\\d|15\\d) )`
const longHeader = `((?!0 )${any}0 |${any}([1-9]|[1-5]\\d|6[0-3]) )`
const numericWithPoint = `(${any}){4}(${shortHeader}|${longHeader})(${any})*`

const constant = (type: string, bytes: string) =>
  [
    `\\{CONST :consttype ${type} :consttypmod -1 :constcollid 0 :constlen -?\\d+ :constbyval \\w+`,
    `:constisnull false :location -?\\d+ :constvalue \\d+ \\[ ${bytes}\\]\\}`,
  ].join(' ')

/** What is written without its type, for which the grammar has no place: true and false, integers from 0 on, numbers with a point. */
const readableMark = `(${constant('(16|23)', integerFromZeroOn)}|${constant('1700', numericWithPoint)})`

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
