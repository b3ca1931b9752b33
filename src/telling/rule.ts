/** Rules that take something out of a text. */

/**
 * A server has a say in the text, and may make it long: no pattern may look at the same characters again and again. So one
 * that finds its beginning, and nothing to take out behind it, takes what it has looked at and puts it back as it was.
 */
export type Rule = readonly [
  pattern: RegExp,
  replacement: string | ((all: string, ...groups: (string | undefined)[]) => string),
]

/** The text after one rule after the other. */
export function applyRules(rules: readonly Rule[], text: string): string {
  return rules.reduce(
    (left, [pattern, replacement]) =>
      typeof replacement === 'string'
        ? left.replace(pattern, replacement)
        : left.replace(pattern, replacement),
    text,
  )
}
