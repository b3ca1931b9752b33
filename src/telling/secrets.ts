/** Takes passwords out of what the client tools and servers say: an error repeats its statement, and a statement may hold one. */
import { applyRules, type Rule } from './rule.js'

/** Words in the names of options, settings and columns whose values are not for everybody. */
const confidential =
  'pass(?:word|wd|phrase)|pwd|credential|secret|token|(?:private|access|api)_?key'

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
 * A literal of SQL or a value of a connection string: both double a quote, or put a backslash in front of it, and a
 * connection string inside a literal does both. In doubt it goes on. What is cut off has no end.
 */
const literal = `E?'(?:\\\\''|\\\\[\\s\\S]|''|[^'\\\\])*(?:'|$)`

const rules: readonly Rule[] = [
  // Of a subscription, all of it: connection strings have too many forms.
  [new RegExp(`(\\bconnection${blank})${literal}`, 'gi'), "$1'***'"],
  // ["password=x","user=u"]: options as the catalogs hold them, in JSON.
  [
    new RegExp(`("[^"=\\s]{0,60}(?:${confidential})[^"=\\s]{0,60}=)(?:[^"\\\\]|\\\\.)*`, 'gi'),
    '$1***',
  ],
  [new RegExp(`(${confidentialName}"${blank}:${blank})"(?:[^"\\\\]|\\\\.)*"`, 'gi'), '$1"***"'],
  // password=''x'': a value with quotes of its own inside a literal.
  [
    new RegExp(`((?:${passwords})${blank}=${blank})''(?:\\\\{1,2}''|\\\\[^']|[^'\\\\])+''`, 'gi'),
    '$1***',
  ],
  // PASSWORD 'x' of a role, OPTIONS (password 'x') of a user mapping, password='x', "app.secret" TO 'x'.
  [
    new RegExp(
      `(${confidentialName}["']?(?:${blank}(?:=>|:=|[=:]|\\bto\\b)${blank}|\\s{1,20}))${literal}`,
      'gi',
    ),
    "$1'***'",
  ],
  // password=x and token=x, with a backslash in front of what would end it.
  [
    new RegExp(
      `((?:(?:${passwords})${blank}=${blank}|(?:${confidential})=))(?!\\*\\*\\*)(?:\\\\{1,2}(?:''|[\\s\\S])|[^\\s'\\\\])+`,
      'gi',
    ),
    '$1***',
  ],
  // SET "app.x" TO 'x', as a dump has it in front of a function's body: a parameter of an application.
  [new RegExp(`(\\bSET "[^"\\n][^".\\n]*\\.[^"\\n]+" TO )${literal}`, 'g'), "$1'***'"],
  [/(\bmissing "=" after )"[^\n]*"/g, '$1"***"'],
  // postgresql://user:x@host
  [
    /(\b[a-z][a-z0-9+.-]{0,30}:\/\/[^:/\s'"]{0,300}:)(?:[^\s'"]*@|([^\s'"]+))/gi,
    (_all, start = '', kept = '***@') => start + kept,
  ],
  // Hashes as pg_authid stores them.
  [/\b(SCRAM-SHA-256\$|md5)[0-9A-Za-z+/=:$]{24,}/g, '$1***'],
]

/** The text with every password that can be recognised replaced by three asterisks. */
export function withoutSecrets(text: string): string {
  return applyRules(rules, text)
}
