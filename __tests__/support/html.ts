/** What a browser would make of HTML: its elements and its text, for tests that look at rendered reports. */
import { parseFragment } from 'parse5'
import type { DefaultTreeAdapterTypes } from 'parse5'

type Node = DefaultTreeAdapterTypes.ChildNode | DefaultTreeAdapterTypes.DocumentFragment

function* walk(node: Node): Generator<Node> {
  yield node
  if ('childNodes' in node) for (const child of node.childNodes) yield* walk(child)
}

function textOfNode(node: Node): string {
  if (node.nodeName === '#text' && 'value' in node) return node.value
  if (node.nodeName === 'br') return '\n'
  return 'childNodes' in node ? node.childNodes.map(textOfNode).join('') : ''
}

/** An element with its text; `<br>` counts as a line's end. */
export interface Element {
  readonly name: string
  readonly text: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Every element of a piece of HTML, in document order. */
export function elementsOf(html: string): Element[] {
  return [...walk(parseFragment(html))].flatMap((node): Element[] => {
    if (!('tagName' in node)) return []
    const attributes = Object.fromEntries(node.attrs.map(({ name, value }) => [name, value]))
    return [{ name: node.tagName, text: textOfNode(node), attributes }]
  })
}

/** The text of a piece of HTML as a reader sees it. */
export function textOf(html: string): string {
  return textOfNode(parseFragment(html))
}

const withoutLinks = new Set(['code', 'pre', 'a'])

function* looseTexts(node: Node): Generator<string> {
  if (withoutLinks.has(node.nodeName)) return
  if (node.nodeName === '#text' && 'value' in node) yield node.value
  if ('childNodes' in node) for (const child of node.childNodes) yield* looseTexts(child)
}

/** The pieces of text in which GitHub looks for mentions, references, addresses and emoji: each by itself, none of code or links. */
export function looseTextsOf(html: string): string[] {
  return [...looseTexts(parseFragment(html))]
}
