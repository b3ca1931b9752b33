/** Decides whether findings name what of somebody's rights is not on the target as it was on the source. */
import type { Finding } from '../../src/report/report.js'
import type { Differing } from './rights.js'

interface Telling {
  /** To whom falls what the source's superuser owned. */
  readonly administrator: string
  /** Whether there is a finding `check object` whose message holds all of the words. */
  readonly says: (heading: string, ...words: readonly string[]) => boolean
  /** Whether the object at the end of that text is one of those that are left out. */
  readonly leavesOut: (what: string) => boolean
}

/** What no finding names, one line each. */
export function untold(
  differences: readonly Differing[],
  findings: readonly Finding[],
  administrator: string,
): string[] {
  const telling: Telling = {
    administrator,
    says: (heading, ...words) =>
      findings.some(
        ({ check, object = '', message }) =>
          `${check} ${object}` === heading && words.every((word) => message.includes(word)),
      ),
    leavesOut: (what) =>
      findings.some(
        ({ check, object = '' }) =>
          (check === 'needs-superuser' || check === 'extension-table') &&
          what.endsWith(` ${object}`),
      ),
  }
  return differences
    .filter((difference) => !isTold(difference, telling))
    .map(({ what, source, target }) => `${what}: ${source ?? 'not'} -> ${target ?? 'not'}`)
}

type Rule = readonly [
  about: RegExp,
  isTold: (difference: Differing, telling: Telling, ...names: string[]) => boolean,
]

/** The first rule that fits decides. */
const rules: readonly Rule[] = [
  [
    /^role (.*)$/s,
    (difference, { says }, role) =>
      lostWords(difference).every((word) =>
        says(`role-not-carried ${role}`, `the attribute ${word.toUpperCase()} `),
      ),
  ],
  [
    /^membership of (.*) in (.*)$/s,
    // From 16 on whoever creates a role administers it.
    (difference, { administrator, says }, member, role) =>
      (member === administrator &&
        difference.source === undefined &&
        difference.target === 'admin') ||
      (isMissing(difference) &&
        says(`role-not-carried ${member}`, `membership in ${quoted(role)}`)),
  ],
  [
    /^setting (.*) of all roles in every database$/,
    (difference, { says }, setting) =>
      isMissing(difference) && says('role-not-carried ALL', quoted(setting)),
  ],
  [
    /^setting (.*) of all roles in (.*)$/s,
    (difference, { says }, setting, database) =>
      isMissing(difference) && says(`setting-unknown ${setting}`, `database ${quoted(database)}`),
  ],
  [
    /^setting (.*) of (.*) in (.*)$/s,
    (difference, { says }, setting, role, database) =>
      isMissing(difference) &&
      says(
        `setting-unknown ${setting}`,
        database === 'every database'
          ? `of the role ${quoted(role)} cannot`
          : `of the role ${quoted(role)} in the database ${quoted(database)}`,
      ),
  ],
  [
    /^default privileges of postgres /,
    (difference, { says }) =>
      isMissing(difference) && says('default-privileges-skipped role "postgres"'),
  ],
  [
    /^owner of database /,
    (difference, telling) =>
      hasFallen(difference, telling) && telling.says('database-property-skipped owner'),
  ],
  [
    /^owner of /,
    (difference, telling) =>
      hasFallen(difference, telling)
        ? telling.says('owner-replaced role "postgres"')
        : isMissing(difference) && telling.leavesOut(difference.what),
  ],
  [
    /^privilege on parameter (.*) of (.*)$/s,
    (difference, { says }, parameter, role) =>
      isMissing(difference) && says(`role-not-carried ${role}`, `parameter ${quoted(parameter)}`),
  ],
  [
    /^privileges on database /,
    // The owner keeps what it could do, though another owns the database now.
    ({ source, target }, { says }) =>
      says('database-property-skipped owner') &&
      target ===
        `${source}, postgres=CONNECT/(owner), postgres=CREATE/(owner), postgres=TEMPORARY/(owner)`,
  ],
  [
    /^privileges on (?:language|function) (.*)$/s,
    (difference, telling, name) =>
      isMissing(difference)
        ? telling.leavesOut(difference.what)
        : ['language', 'routine'].some((word) =>
            telling.says(`ownership-refused the privileges on ${word} ${name}`),
          ),
  ],
  [
    /^privileges on /,
    (difference, telling) => isMissing(difference) && telling.leavesOut(difference.what),
  ],
]

function isTold(difference: Differing, telling: Telling): boolean {
  for (const [about, told] of rules) {
    const match = about.exec(difference.what)
    if (match !== null) return told(difference, telling, ...match.slice(1))
  }
  return false
}

function isMissing({ source, target }: Differing): boolean {
  return source !== undefined && target === undefined
}

function hasFallen({ source, target }: Differing, { administrator }: Telling): boolean {
  return source === 'postgres' && target === administrator
}

/** The attributes that a role no longer has; one that it should not have is a word that no finding has. */
function lostWords({ source = '', target = '' }: Differing): string[] {
  const [before, after] = [source.split(' '), target.split(' ')]
  return [
    ...before.filter((word) => !after.includes(word)),
    ...after.filter((word) => !before.includes(word)).map((word) => `${word} too much`),
  ]
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
