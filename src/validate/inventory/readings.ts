/** How a server is made to read a piece of SQL once more: as part of a temporary object, which it then prints. */
import { quoteIdentifier, quoteLiteral } from '../../server/index.js'

export interface Reading {
  /** The text of the first round, made of what a catalog query returned. */
  readonly start: (code: string) => string
  /** Make the temporary object of a text. */
  readonly statements: (text: string) => string[]
  /** A query that returns the object as `printed`, in the form that `statements` takes. */
  readonly print: string
}

const name = 'upgrade-postgres rereads'
const scratch = `pg_temp.${quoteIdentifier(name)}`
const table = `${quoteLiteral(scratch)}::pg_catalog.regclass`

/** The reading for code of that name; undefined where it needs something around it that is not there. */
export function readingOf(code: string, within: string | null): Reading | undefined {
  if (code === 'query') return query
  if (code === 'locale') return locale
  if (code === 'defaults') return expression('(select) as nothing')
  if (within === null) return undefined
  if (code === 'body') return body(within)
  if (code === 'partition bound') return bound(within)
  return code === 'actions' ? actions(within) : expression(within)
}

const query: Reading = {
  start: withoutEnd,
  statements: (text) => [`create view ${scratch} as ${text}`],
  print: `select pg_catalog.regexp_replace(pg_catalog.pg_get_viewdef(${table}), ';\\s*$', '') as printed`,
}

/**
 * Since 16 the locale of ICU is kept as a language tag: `de_DE@collation=phonebook` becomes `de-DE-u-co-phonebk`, and no
 * locale `und`. What 15 read otherwise is the same here (the check `locale-order`). Its column was collcollate before 15, colliculocale until 16, and has been colllocale since.
 */
const locale: Reading = {
  start: (code) => code,
  statements: (text) => [
    `create collation ${scratch} (provider = icu, locale = ${quoteLiteral(text)})`,
  ],
  print: `select coalesce(pg_catalog.to_jsonb(o) ->> 'colllocale', pg_catalog.to_jsonb(o) ->> 'colliculocale',
                          o.collcollate::pg_catalog.text) as printed
            from pg_catalog.pg_collation o where o.collnamespace = pg_catalog.pg_my_temp_schema()`,
}

/** `within` is what it may be selected from. As a `row()`, because an index may have several, all of one name. */
function expression(within: string): Reading {
  return {
    ...query,
    start: (code) => `select from ${within} where row(${code}) is null`,
  }
}

/** The body of a routine in standard SQL, which may call its arguments by the routine's name; `within` says what it is. */
function body(within: string): Reading {
  const [kind = '', ...signature] = within.split(' ')
  return {
    start: (code) => code,
    statements: (text) => [`create ${kind} pg_temp.${signature.join(' ')} language sql ${text}`],
    print: `select pg_catalog.pg_get_function_sqlbody(oid) as printed from pg_catalog.pg_proc
             where pronamespace = pg_catalog.pg_my_temp_schema()`,
  }
}

/** What a rule says after its table; `within` is its event and that table. */
function actions(within: string): Reading {
  const [event = '', ...relation] = within.split(' ')
  return {
    start: withoutEnd,
    statements: (text) => [
      `create table ${scratch} (like ${relation.join(' ')})`,
      `create rule reread as on ${event} to ${scratch} ${text}`,
    ],
    // The rule's own name has no quotes, so the first ones are the table's.
    print: `select pg_catalog.regexp_replace(pg_catalog.substr(d.definition,
                     pg_catalog.strpos(d.definition, n.quoted) + pg_catalog.length(n.quoted)), ';\\s*$', '') as printed
              from pg_catalog.pg_rewrite r
             cross join lateral pg_catalog.pg_get_ruledef(r.oid) as d (definition)
             cross join (select pg_catalog.quote_ident(${quoteLiteral(name)}) as quoted) as n
             where r.ev_class = ${table} and r.rulename = 'reread'`,
  }
}

/** The bound of a partition; `within` is what makes a table that is partitioned as the parent. */
function bound(within: string): Reading {
  const partition = `pg_temp.${quoteIdentifier(`${name} partition`)}`
  return {
    start: (code) => code,
    statements: (text) => [
      `create table ${scratch} ${within}`,
      `create table ${partition} partition of ${scratch} ${text}`,
    ],
    print: `select pg_catalog.pg_get_expr(c.relpartbound, c.oid) as printed from pg_catalog.pg_class c
             where c.oid = ${quoteLiteral(partition)}::pg_catalog.regclass`,
  }
}

function withoutEnd(code: string): string {
  return code.replace(/;\s*$/, '')
}
