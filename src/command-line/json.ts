/** JSON for stdout, which a CI system may read along, and a terminal show. */

const escaped = (text: string): string =>
  Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('')

/** The value as JSON, in which a name is never a command (`##vso[`) nor holds a hidden character; it reads the same. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .replace(/##(?=[a-z]*\[)/gi, `#${escaped('#')}`)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (found) => (found === '\n' ? found : escaped(found)))
}
