/** Takes passwords out of what the client tools and servers say: an error repeats its statement, and a statement may hold one. */
import { withoutKnownSecrets } from './known-secrets.js'
import { applyRules, type Rule } from './rule.js'

/** Words in the names of options, settings and columns whose values are not for everybody. */
const confidential =
  'pass(?:word|wd|phrase)|pwd|credential|secret|token|(?:private|access|api)[_ ]?key'

/** Whether a name (of an option, a setting) tells that its value is a secret. */
export function isConfidentialName(name: string): boolean {
  return new RegExp(confidential, 'i').test(name)
}

/** Of a connection string, where a value may follow after blanks. */
const passwords = 'pass(?:word|wd|phrase)|pwd'

/** A name that holds such a word, from its last one on: looked at once, however long the name is. */
const confidentialName = `(?:${confidential})(?:(?!${confidential})\\w)*`

const blank = '\\s{0,20}'

/**
 * A literal of SQL or a value of a connection string, by itself or inside of literals, each of which doubles its quotes:
 * what opens it closes it, and twice stands for a quote. Both may put a backslash in front of a quote; in doubt it goes on.
 * What is cut off has no end, and what is put together ends early.
 */
const literal = `(?:E|N|U&)?(?<quote>''''|''(?!::)|')(?:\\\\{1,2}''|\\\\[\\s\\S]?|\\k<quote>\\k<quote>|[^'\\\\])*(?:\\k<quote>|'(?=\\s{0,100}\\|\\|)|$)`

const dollarQuoted = `(?<tag>\\$\\w{0,60}\\$)[\\s\\S]*?(?:\\k<tag>|$)`

const restOfStatement = `(?:[^;]|;(?![ \\t]{0,20}(?:\\n|$)))*`

/** The value comes after the end of the literal: 'password ' || quote_literal('x'), format('password %L', 'x'), concat('password ', 'x'). */
const putTogether = `(?:'{1,8}\\s{0,100}(?:\\|\\||,)|'{0,8}%)${restOfStatement}`

const value = `(?:${putTogether}|${dollarQuoted}|${literal}(?:(?:::[a-z ]{1,40})?\\s{0,100}\\|\\|${restOfStatement})?)`

const cast = `(?:\\)?::[a-z ]{1,40}(?:\\(\\d{1,9}\\))?)?\\){0,3}`

const upToAlias = `(?:(?!\\bAS\\b)[^',;]){0,100}`

/** What is behind a literal that is selected under such a name: 'x'::text AS password, CASE WHEN a = 'x' THEN 'y' END AS token. */
const selectedAs = `(?=${upToAlias}(?:(?<!')'(?:[^']|''){0,100}'(?!')${upToAlias}){0,4}\\bAS\\s{1,20}"?\\w{0,63}?(?:${confidential}))`

/** With the type of a variable, a column or a parameter between the name and what gives or compares the value. */
const compared = `(?:\\s{1,20}[a-z_"][\\w ."()[\\]]{0,60}?)?${blank}(?:[=:<>!~*]{1,4}|\\b(?:to|default|like|is distinct from)\\b)${blank}(?:[\\w.]{0,60}\\(${blank}){0,3}`

const rules: readonly Rule[] = [
  // Of a subscription, all of it: connection strings have too many forms.
  [new RegExp(`(\\bconnection${blank})${literal}`, 'gi'), '$1$<quote>***$<quote>'],
  // ["password=x","user=u"]: options as the catalogs hold them, in JSON.
  [
    new RegExp(
      `("(?!password_encryption=)[^"=\\n]{0,60}(?:${confidential})[^"=\\n]{0,60}=)(?:[^"\\\\]|\\\\[\\s\\S])*`,
      'gi',
    ),
    '$1***',
  ],
  [
    new RegExp(`(${confidentialName}"${blank}:${blank})"(?:[^"\\\\]|\\\\[\\s\\S])*"`, 'gi'),
    '$1"***"',
  ],
  // PASSWORD 'x' of a role, OPTIONS (password 'x') of a user mapping, password=''x'', "app.secret" TO 'x'.
  [
    new RegExp(
      `(?<name>${confidentialName}(?: id)?["']{0,4}${cast}(?:${compared}|\\s{1,20}))${value}`,
      'gi',
    ),
    '$<name>$<quote>***$<quote>',
  ],
  // One inside of a literal, and any other. What opens it is the first of its quotes, so that no text is looked at for each of them.
  [new RegExp(`(?<!')''[^']+''(?!')${selectedAs}`, 'gi'), `''***''`],
  [new RegExp(`(?<!')'(?!'(?!'))[^']*(?:''[^']*)*'(?!')${selectedAs}`, 'gi'), `'***'`],
  // password=x and token=x, with a backslash in front of what would end it.
  [
    new RegExp(
      `((?:(?:${passwords})${blank}=${blank}|(?:${confidential})=))(?!\\*\\*\\*)(?:\\\\{1,2}(?:''|[\\s\\S])|[^\\s'\\\\])+`,
      'gi',
    ),
    '$1***',
  ],
  // password: x and password: "x", as people write it in comments and bodies; one in single quotes is a literal.
  [
    new RegExp(
      `(${confidentialName}[ \\t]{0,20}:(?![:=])[ \\t]{0,20})(?!\\*\\*\\*)(?:"(?:[^"\\\\]|\\\\[\\s\\S])*"?|[^\\s'"]+)`,
      'gi',
    ),
    '$1***',
  ],
  // SET "app.x" TO 'x', as a dump has it in front of a function's body: a parameter of an application.
  [
    new RegExp(`(\\bSET "[^"\\n][^".\\n]*\\.[^"\\n]+" TO )${literal}`, 'g'),
    '$1$<quote>***$<quote>',
  ],
  [/(\bmissing "=" after )"[^\n]*"/g, '$1"***"'],
  // postgresql://user:x@host
  [
    /(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^:/\s'"]{0,300}:)(?:[^\s'"]*@|([^\s'"]+))/gi,
    (_all, start = '', kept = '***@') => start + kept,
  ],
  // Authorization: Bearer x
  [/(\b(?:authorization\W{1,10}(?:basic|digest|token)|bearer) {1,5})[\w.~+/=-]{4,}/gi, '$1***'],
  // Hashes as pg_authid stores them.
  [/\b(SCRAM-SHA-256\$|md5)[0-9A-Za-z+/=:$]{24,}/g, '$1***'],
]

/** The text with every password that is known or can be recognised replaced by three asterisks. */
export function withoutSecrets(text: string): string {
  return applyRules(rules, withoutKnownSecrets(text))
}
