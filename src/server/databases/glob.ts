/**
 * Globs for names of databases. A matcher of paths would treat some characters in its own way (a leading dot, line breaks,
 * what separates folders); in a name none is special, and none may keep a database from being chosen.
 */

/** Knows `*`, `?`, `[a-z]`, `[!a]` and `{a,b}`; a backslash takes the character behind it as it is. */
export function globMatcher(glob: string): (name: string) => boolean {
  const pattern = new RegExp(`^(?:${translate(glob)})$`, 'su')
  return (name) => pattern.test(name)
}

interface Part {
  readonly literal?: string
  readonly not?: string
  readonly members?: string
  readonly choice?: string
}

const parts = /\\(?<literal>.)|\[(?<not>[!^]?)(?<members>[^\]]+)\]|\{(?<choice>[^{}]*)\}|\*+|./gsu

function translate(glob: string): string {
  return [...glob.matchAll(parts)]
    .map(({ 0: text, groups }) => translatePart(text, groups))
    .join('')
}

function translatePart(text: string, { literal, not, members, choice }: Part = {}): string {
  if (literal !== undefined) return exactly(literal)
  if (members !== undefined) return oneOf(members, not !== '')
  if (choice !== undefined) return oneChoice(choice)
  if (text.startsWith('*')) return '.*'
  return text === '?' ? '.' : exactly(text)
}

function exactly(character: string): string {
  return `\\u{${codeOf(character).toString(16)}}`
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0
}

function oneOf(members: string, isNegated: boolean): string {
  const ranges = [...members.matchAll(/\\?(?<from>.)(?:-\\?(?<to>.))?/gsu)]
    .map(({ groups }) => [groups?.['from'] ?? '', groups?.['to'] ?? groups?.['from'] ?? ''])
    // What would end before it begins holds no character.
    .filter(([from = '', to = '']) => codeOf(from) <= codeOf(to))
    .map((ends) => ends.map(exactly).join('-'))
  return `[${isNegated ? '^' : ''}${ranges.join('')}]`
}

function oneChoice(choice: string): string {
  const alternatives = choice.split(/(?<!\\),/).map(translate)
  // Without a comma there is nothing to choose from, and the braces stand for themselves.
  return alternatives.length === 1
    ? `${exactly('{')}${alternatives.join('')}${exactly('}')}`
    : `(?:${alternatives.join('|')})`
}
