/** Reads from the text of a function which names it leaves to the search_path. */

/** Names of users' objects that a function can only mean through the search_path. */
export interface KnownNames {
  readonly functions: ReadonlySet<string>
  readonly relations: ReadonlySet<string>
  readonly types: ReadonlySet<string>
}

const name = String.raw`(?:"(?:[^"]|"")+"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)`
/** Neither part of a longer word, nor behind a schema. */
const start = String.raw`(?<![\w$".\u0080-\uffff]|\.\s)`
const end = String.raw`(?![\w$"\u0080-\uffff])`
const patterns = {
  functions: new RegExp(`${start}(${name})\\s*\\(`, 'giu'),
  relations: new RegExp(
    `${start}(?:from|join|into|update|only)\\s+(${name})${end}(?!\\s*[.(])`,
    'giu',
  ),
  types: new RegExp(`::\\s*(${name})${end}(?!\\s*\\.)`, 'giu'),
} as const

/** The unqualified names in a body that are among the known ones, as they are called in the catalogs; sorted. */
export function unqualifiedNames(body: string, known: KnownNames): string[] {
  const code = withoutCommentsAndStrings(body)
  const found = new Set<string>()
  for (const kind of ['functions', 'relations', 'types'] as const) {
    for (const match of code.matchAll(patterns[kind])) {
      const catalogName = fold(match[1] ?? '')
      if (known[kind].has(catalogName)) found.add(catalogName)
    }
  }
  return [...found].toSorted()
}

/** The functions that a body calls, `schema.name` where it says the schema; as they are called in the catalogs. */
export function calledFunctions(body: string): string[] {
  const call = new RegExp(`${start}((?:${name}\\.)?)(${name})\\s*\\(`, 'giu')
  return [...withoutCommentsAndStrings(body).matchAll(call)].map((match) => qualifiedName(match))
}

/** The relations that a body may read, as far as it names them and not in a string; written like the functions that it calls. */
export function namedRelations(body: string): string[] {
  const read = new RegExp(`${start}(?:from|join|only)\\s+((?:${name}\\.)?)(${name})${end}`, 'giu')
  return [...withoutCommentsAndStrings(body).matchAll(read)].map((match) => qualifiedName(match))
}

/** The types that a body casts to with `::`, where they are not of a schema of a user. */
export function castTypes(body: string): string[] {
  const cast = new RegExp(`::\\s*(?:pg_catalog\\s*\\.\\s*)?(${name})${end}(?!\\s*\\.)`, 'giu')
  return [...withoutCommentsAndStrings(body).matchAll(cast)].map(([, type = '']) => fold(type))
}

/** Every name in a body, keywords too, as it would be called in the catalogs. */
export function namedWords(body: string): string[] {
  const code = withoutCommentsAndStrings(body)
  return [...code.matchAll(new RegExp(`(?<![\\w$"])${name}${end}`, 'giu'))].map(([word]) =>
    fold(word),
  )
}

function qualifiedName([, schema = '', own = '']: RegExpExecArray): string {
  return (schema === '' ? '' : `${fold(schema.slice(0, -1))}.`) + fold(own)
}

/** What the parser makes of a name: quotes taken off, or lower case. */
function fold(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text.toLowerCase()
}

/**
 * Quoted names stay; comments, string constants, dollar-quoted strings and other blanks become one blank. Each is looked at
 * once, however long a body is: one without an end goes on to the end of the body.
 */
function withoutCommentsAndStrings(body: string): string {
  const code = body.replaceAll(
    /"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?(?:\*\/|$)|\b[eE]'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|(?<![\w\u0080-\uffff])(\$(?:[a-z_]\w*)?\$)[^]*?(?:\1|$)/gi,
    (token) => (token.startsWith('"') ? token : ' '),
  )
  return code.replaceAll(/"(?:[^"]|"")*"|\s+/g, (token) => (token.startsWith('"') ? token : ' '))
}
