/** The COPY statements of one table, or of one part of it. */
import { quoteIdentifier, quoteLiteral, quoteQualified } from '../../../server/index.js'
import type { SourceTable } from './catalog.js'
import type { WireFormat } from './wire-format.js'

/** Pages of a table: from the first, up to but not including the last; null for as many as there are. */
export interface PageRange {
  readonly from: number
  readonly to: number | null
}

export interface CopyForm {
  readonly format: WireFormat
  /** The encoding of the rows on their way, by PostgreSQL's name; null where the sessions' own, UTF8, is right. */
  readonly encoding: string | null
}

/** Names of columns of char(n) that the source sends without the blanks at their end; the target adds them again. */
export type UnpaddedColumns = ReadonlySet<string>

/** `COPY … TO STDOUT` for the source. Rows of children and partitions are never included. */
export function copyOut(
  table: SourceTable,
  range: PageRange | null,
  form: CopyForm,
  unpadded: UnpaddedColumns = new Set(),
): string {
  const { columns, configuration } = table
  const name = quoteQualified(table.schema, table.name)
  const values = columns
    .map((column) => {
      const quoted = quoteIdentifier(column.name)
      return unpadded.has(column.name) ? withoutPadding(quoted) : quoted
    })
    .join(', ')
  const rows =
    range === null && (configuration ?? '') === '' && unpadded.size === 0
      ? `${name}${values === '' ? '' : ` (${values})`}`
      : `(select ${values} from only ${name} ${range === null ? (configuration ?? '') : condition(range)})`
  return `copy ${rows} to stdout (${options(form).join(', ')})`
}

/** `COPY … FROM STDIN` for the target. */
export function copyIn(table: SourceTable, form: CopyForm, freeze: boolean): string {
  const { schema, name } = table.root ?? table
  const names = table.columns.map((column) => quoteIdentifier(column.name)).join(', ')
  const into = `${quoteQualified(schema, name)}${names === '' ? '' : ` (${names})`}`
  const given = [...options(form), ...(freeze ? ['freeze true'] : [])]
  return `copy ${into} from stdin (${given.join(', ')})`
}

/** As the cast to text does it, which takes twice as long: in a multibyte encoding it looks at every character to trim the last. */
function withoutPadding(column: string): string {
  return `pg_catalog.left(pg_catalog.textin(pg_catalog.bpcharout(${column})), pg_catalog.length(${column}))`
}

function options({ format, encoding }: CopyForm): string[] {
  return [`format ${format}`, ...(encoding === null ? [] : [`encoding ${quoteLiteral(encoding)}`])]
}

function condition({ from, to }: PageRange): string {
  const start = `ctid >= '(${from},0)'::pg_catalog.tid`
  return `where ${start}${to === null ? '' : ` and ctid < '(${to},0)'::pg_catalog.tid`}`
}
