/** The Markdown files of this repository: their links, their headings, their blocks of code. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { marked, type Token, type Tokens } from 'marked'
import { repository } from './action-inputs.js'

export interface MarkdownFile {
  /** Relative to the repository. */
  readonly path: string
  readonly links: readonly string[]
  /** What GitHub makes of the headings. */
  readonly anchors: readonly string[]
  readonly blocks: readonly CodeBlock[]
}

export interface CodeBlock {
  readonly language: string
  readonly text: string
}

/** Every Markdown file of this repository: at its top, in docs and in .github. */
export function markdownFiles(): MarkdownFile[] {
  const inside = (folder: string, recursive: boolean): string[] =>
    readdirSync(join(repository, folder), { recursive, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name))
  const paths = [...inside('.', false), ...inside('docs', true), ...inside('.github', true)]
  return paths.map((path) => readMarkdown(path))
}

/** One of them. */
export function readMarkdown(path: string): MarkdownFile {
  const text = readFileSync(join(repository, path), 'utf8')
  const links: string[] = []
  const anchors: string[] = []
  const blocks: CodeBlock[] = []
  void marked.walkTokens(marked.lexer(text), (token: Token) => {
    if (token.type === 'link' || token.type === 'image') links.push((token as Tokens.Link).href)
    if (token.type === 'heading') anchors.push(anchorOf((token as Tokens.Heading).text))
    if (token.type === 'code') {
      blocks.push({
        language: (token as Tokens.Code).lang ?? '',
        text: (token as Tokens.Code).text,
      })
    }
  })
  return { path, links, anchors, blocks }
}

/** As GitHub does it: lower case, no punctuation, hyphens for spaces. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

/** The block of code that follows a comment such as `<!-- sql: source -->`. */
export function blockAfter(path: string, comment: string): string {
  const text = readFileSync(join(repository, path), 'utf8')
  const [, rest = ''] = text.split(`<!-- ${comment} -->`)
  const block = /^\s*```\w*\n([^]*?)^```$/m.exec(rest)?.[1]
  if (block === undefined) throw new Error(`${path} has no block of code after "${comment}".`)
  return block
}
