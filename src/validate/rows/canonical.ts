/** SQL expressions whose binary form is the same on every major and every server for equal values, and for no others. */
import { quoteIdentifier, quoteQualified } from '../../server/index.js'
import { arrayWithOneNaN, floatWithOneNaN, isFloat, isGeometric, pointsWithOneNaN } from './nan.js'
import type { DataType } from './types.js'

/** What decides on the form of a value beyond its type. */
export interface Form {
  /** True when either server is older than 12, which prints floating-point numbers otherwise than later ones. */
  readonly floatsDiffer: boolean
  /** The words that only one of both servers takes for keywords, and quotes where an object is called so. */
  readonly quotedByOne: readonly string[]
}

/**
 * Types of the server that are hashed as the text that a dump carries, as are those without a binary form. The binary form
 * is an object identifier, which is another one on each server; or it is the tree of a tsquery, where `a & (b & c)` is not
 * what is made of its text, `a & b & c`.
 */
const textual = /^(reg.*|aclitem|pg_node_tree|tsquery)$/

/**
 * Makes an expression fit for record_send(), whose output holds, for every field, the identifier of its type, its
 * length (-1 for null) and its binary form. Binary forms of the server's own types have not changed since 10, and
 * keep apart what equality confuses: -0 and 0, 1.0 and 1.00, `a ` and `a` in char(n). What they hold beside the value, and no
 * text does, is evened out here: an array's flag for nulls, the sign of NaN. All other types have identifiers that
 * differ from server to server, so they are turned into bytea or text.
 */
export function canonical(type: DataType, value: string, form: Form): string {
  if (isOfInformationSchema(type)) return textOf(value)
  switch (type.kind) {
    case 'enum':
      return `pg_catalog.enum_send(${value})`
    case 'domain':
      return canonicalDomain(type, value, form)
    case 'composite':
      return canonicalComposite(type, value, form)
    case 'range':
      return canonicalRange(type.subtype, value, form)
    case 'multirange':
      return canonicalMultirange(type.subtype, value, form)
    case 'base':
      return canonicalBase(type, value, form)
  }
}

/** Also a user's domain over a type of information_schema, which is made of other types on other majors. */
function isOfInformationSchema({ schema, base }: DataType): boolean {
  return schema === 'information_schema' || (base !== undefined && isOfInformationSchema(base))
}

/** True for a type of the server itself whose own binary form says the value and nothing else. */
function isPlain(type: DataType | undefined): boolean {
  if (type?.schema !== 'pg_catalog' || type.kind === 'composite') return false
  if (type.element !== undefined || isFloat(type) || isGeometric(type)) return false
  if (type.subtype !== undefined) return isPlain(type.subtype)
  return type.hasSend && !textual.test(type.name)
}

function canonicalBase(type: DataType, value: string, form: Form): string {
  if (isPlain(type)) return value
  if (type.element !== undefined) return canonicalArray(type.element, value, form)
  if (isFloat(type)) return floatWithOneNaN(type, value)
  if (isGeometric(type)) return pointsWithOneNaN(type, value)
  if (type.name === 'cube' && form.floatsDiffer) return canonicalCube(type, value)
  return isNaming(type) ? unquoted(textOf(value), form) : textOf(value)
}

/** True for a type whose text is the name of an object. */
function isNaming({ schema, name }: DataType): boolean {
  return schema === 'pg_catalog' && name.startsWith('reg')
}

/** Without the quotes that only one side puts around a name. */
function unquoted(text: string, { quotedByOne }: Form): string {
  if (quotedByOne.length === 0) return text
  return `pg_catalog.regexp_replace(${text}, '"(${quotedByOne.join('|')})"', '\\1', 'g')`
}

/**
 * What the output function makes of it, because a cast to text may have been defined by anybody. Not by a call of that
 * function: who may read the rows, and dump them, need not have EXECUTE on it.
 */
function textOf(value: string): string {
  return `case when ${value} is null then null else pg_catalog.format('%s', ${value}) end`
}

/**
 * A domain over a range, an enum or a composite type is one, so only the cast to it is needed. It goes past the domains in between:
 * to cast to one of them checks its constraints, which old values may break (NOT VALID).
 */
function canonicalDomain({ base }: DataType, value: string, form: Form): string {
  let type = base
  while (type?.kind === 'domain') type = type.base
  if (type === undefined) throw new Error('A domain without a base type.')
  return canonical(type, `(${value})::${quoteQualified(type.schema, type.name)}`, form)
}

/** Null as a whole is not a row of nulls; `is not distinct from null` tells them apart, `is null` does not. */
function canonicalComposite({ fields }: DataType, value: string, form: Form): string {
  const parts = fields.map((field) =>
    canonical(field.type, `(${value}).${quoteIdentifier(field.name)}`, form),
  )
  return `case when ${value} is not distinct from null then null
               else pg_catalog.record_send(row(${parts.join(', ')})) end`
}

/** Whole where that can be, otherwise element by element, with the dimensions and their bounds. */
function canonicalArray(element: DataType, value: string, form: Form): string {
  if (isPlain(element)) return withoutFlag(value)
  if (isFloat(element)) return withoutFlag(arrayWithOneNaN(element, value))
  if (hasOneText(element, form)) return textOf(value)
  const each = canonical(element, 'elements.e', form)
  return `case when ${value} is null then null else pg_catalog.record_send(row(
            pg_catalog.array_dims(${value}),
            array(select pg_catalog.record_send(row(${each}))
                    from (select pg_catalog.unnest(${value}) as e) as elements))) end`
}

/**
 * An array that has held a null keeps the bitmap for nulls, and its binary form says so in byte 7, though there is none
 * any more; one that is made of the same text has no bitmap. A null itself has the length -1.
 */
function withoutFlag(array: string): string {
  return `pg_catalog.set_byte(pg_catalog.array_send(${array}), 7, 0)`
}

/** True where a value has one text on all servers, and so has an array of them. */
function hasOneText(type: DataType, { quotedByOne }: Form): boolean {
  if (type.kind === 'enum') return true
  if (isNaming(type) && quotedByOne.length > 0) return false
  return type.kind === 'base' && type.name !== 'cube' && !isFloat(type) && !isGeometric(type)
}

/** No bound is null: none is told for an empty range and an infinite bound, which is never inclusive. */
function canonicalRange(subtype: DataType | undefined, value: string, form: Form): string {
  if (subtype === undefined || isPlain(subtype)) return `pg_catalog.range_send(${value})`
  const bounds = ['lower', 'upper'].flatMap((bound) => [
    `pg_catalog.${bound}_inc(${value})`,
    canonical(subtype, `pg_catalog.${bound}(${value})`, form),
  ])
  return `case when ${value} is null then null else pg_catalog.record_send(row(
            pg_catalog.isempty(${value}), ${bounds.join(', ')})) end`
}

function canonicalMultirange(subtype: DataType | undefined, value: string, form: Form): string {
  if (subtype === undefined || isPlain(subtype)) return `pg_catalog.multirange_send(${value})`
  return `case when ${value} is null then null else
            array(select ${canonicalRange(subtype, 'ranges.r', form)}
                    from (select pg_catalog.unnest(${value}) as r) as ranges) end`
}

/** cube holds floating-point numbers, and has no binary form before 14. */
function canonicalCube({ schema }: DataType, value: string): string {
  const call = (name: string, ...rest: string[]) =>
    `${quoteQualified(schema, name)}(${[value, ...rest].join(', ')})`
  const corner = (name: string) =>
    `array(select ${floatWithOneNaN({ name: 'float8' }, call(name, 'd'))} from pg_catalog.generate_series(1, ${call('cube_dim')}) as d)`
  return `case when ${value} is null then null else pg_catalog.record_send(row(
            ${call('cube_is_point')}, ${corner('cube_ll_coord')}, ${corner('cube_ur_coord')})) end`
}
