/** Takes passwords out of what the client tools say: an error repeats its statement, and a statement may hold one. */

const rules: readonly (readonly [RegExp, string])[] = [
  // CONNECTION 'host=h password=x', with and without quotes of its own.
  [/((?:password|passwd)\s*=\s*)(?:''(?:[^']|\\')*''|[^\s']+)/gi, '$1***'],
  // PASSWORD 'x' of a role, OPTIONS (password 'x') of a user mapping, password='x' in a setting.
  [/((?:password|passwd|secret|token|api_?key)\w*["']?\s*[=:]?\s*)'(?:[^']|'')*'/gi, "$1'***'"],
  // postgresql://user:x@host
  [/(\bpostgres(?:ql)?:\/\/[^:/\s]+:)[^@/\s]+@/gi, '$1***@'],
  // Hashes as pg_authid stores them.
  [/\b(SCRAM-SHA-256\$|md5)[0-9A-Za-z+/=:$]{24,}/g, '$1***'],
]

/** The line with every password that can be recognised replaced by three asterisks. */
export function withoutSecrets(line: string): string {
  return rules.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line)
}
