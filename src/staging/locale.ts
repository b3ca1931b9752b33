/** The spellings under which another operating system may know a database's locale. */
import type { Finding } from '../report/report.js'
import type { DatabaseProperties } from './properties.js'

type Locale = Pick<DatabaseProperties, 'collate' | 'ctype'>

/** Languages of Windows' locale names (Azure Single Server runs on Windows), as POSIX names. */
const windowsLanguages: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    'Chinese (Simplified)_China': 'zh_CN',
    Chinese_China: 'zh_CN',
    Dutch_Netherlands: 'nl_NL',
    'English_United Kingdom': 'en_GB',
    'English_United States': 'en_US',
    French_France: 'fr_FR',
    German_Germany: 'de_DE',
    Italian_Italy: 'it_IT',
    Japanese_Japan: 'ja_JP',
    Korean_Korea: 'ko_KR',
    Polish_Poland: 'pl_PL',
    Portuguese_Brazil: 'pt_BR',
    Russian_Russia: 'ru_RU',
    Spanish_Spain: 'es_ES',
    Swedish_Sweden: 'sv_SE',
    Turkish_Turkey: 'tr_TR',
  }),
)

const codesets: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<readonly string[]>({
    UTF8: ['UTF-8', 'utf8'],
    LATIN1: ['ISO-8859-1', 'iso88591'],
    LATIN9: ['ISO-8859-15', 'iso885915'],
  }),
)

/** The source's own names first, then the same locale in other spellings; without repetition. */
export function localeCandidates(properties: Locale & { readonly encoding: string }): Locale[] {
  const collates = spellings(properties.collate, properties.encoding)
  const ctypes = spellings(properties.ctype, properties.encoding)
  const length = Math.max(collates.length, ctypes.length)
  return Array.from({ length }, (_, index) => ({
    collate: collates[Math.min(index, collates.length - 1)] ?? properties.collate,
    ctype: ctypes[Math.min(index, ctypes.length - 1)] ?? properties.ctype,
  }))
}

/** Without a codeset a name means another encoding on each system: `de_DE` is ISO-8859-1 to one, and UTF-8 to another. */
function spellings(name: string, encoding: string): string[] {
  const [, language = '', codeset, modifier = ''] =
    /^([^.@]*)(?:\.([^@]*))?(@.*)?$/.exec(name) ?? []
  const posix = windowsLanguages.get(language) ?? language
  if (posix === 'C' || posix === 'POSIX') {
    return [...new Set([name, ...(codeset === undefined ? [] : ['C.UTF-8', 'C.utf8'])])]
  }
  const own = codeset === undefined ? [] : [codeset]
  const others = (codesets.get(encoding) ?? own).map((each) => `${posix}.${each}${modifier}`)
  return [...new Set([name, ...others])]
}

/** Tells that the target has the locale under another spelling; nothing where it is the same. */
export function localeFindings(database: string, wanted: Locale, used: Locale): Finding[] {
  if (used.collate === wanted.collate && used.ctype === wanted.ctype) return []
  return [
    {
      check: 'locale-renamed',
      severity: 'note',
      database,
      message: `The target knows the locale ${JSON.stringify(wanted.collate)} (LC_COLLATE) and ${JSON.stringify(wanted.ctype)} (LC_CTYPE) as ${JSON.stringify(used.collate)} and ${JSON.stringify(used.ctype)}; the database has it in that spelling.`,
    },
  ]
}
