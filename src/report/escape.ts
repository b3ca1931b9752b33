/** Hostile text made safe for the place it is put in; names stay names whatever they contain. */
import { linesOf, visible } from './format.js'

const entity = (character: string): string => `&#${character.codePointAt(0) ?? 0};`

/** An element around a character keeps GitHub from seeing a mention, reference, emoji, address or formula in its text. */
const apart = (character: string): string => `<span>${entity(character)}</span>`

/**
 * The characters of prose that could be markup (`*`, `|`, `<`, a list's `1.`), a link (`www.`, `://`), a mention
 * (`@user`), a reference (`#1`, `GH-1`), an emoji (`:tada:`) or a formula (`$x$`).
 */
const special =
  /[&<>\\`*_{}[\]|~^@#$]|:(?=[\w+-]+:|\/\/)|(?<=gh)-(?=\d)|(?<=www)\.|(?<=^\s*\d+)[.)](?=\s|$)|(?<=^\s*)[-+=]/gi

/** Prose for a paragraph, list item or table cell of GitHub Markdown, where it stays text; lines are kept with `<br>`. */
export function escapeMarkdown(text: string): string {
  return linesOf(text)
    .map((line) =>
      line.replace(special, (found) => ('@#$:-.'.includes(found) ? apart(found) : entity(found))),
    )
    .join('<br>')
}

const simpleCode = /^[^`|\s](?:[^`|]*[^`|\s])?$/u

/** A name or value for GitHub Markdown, shown as code exactly as it is, in a table cell too. */
export function markdownCode(text: string): string {
  const shown = visible(text)
  if (simpleCode.test(shown)) return `\`${shown}\``
  const encoded = shown.replace(/^ | $|[^\w \u{80}-\u{10ffff}]|_/gu, (found) =>
    found === '@' ? apart(found) : entity(found),
  )
  return `<code>${encoded}</code>`
}

/** A fenced block of GitHub Markdown; its fence is longer than any run of backticks inside. */
export function markdownBlock(text: string): string[] {
  const runs = text.match(/`+/g) ?? []
  const fence = '`'.repeat(Math.max(2, ...runs.map((run) => run.length)) + 1)
  return [fence, ...linesOf(text), fence]
}

const htmlEntities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for an element or a quoted attribute of HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (found) => htmlEntities[found] ?? found)
}
