/** What a report says, before it is Markdown, plain text or HTML: sections of paragraphs, lists and tables. */

/** A piece of a line: prose, a name or value that must be told apart from it, an outcome with its mark, a link of our own. */
export type Inline =
  | string
  | { readonly code: string }
  | { readonly strong: string }
  | { readonly mood: Mood; readonly text: string }
  | { readonly link: string; readonly text: string }

export type Text = readonly Inline[]

export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
}

export interface Paragraph {
  readonly kind: 'paragraph'
  readonly text: Text
}

export interface ListItem {
  readonly text: Text
  /** Shown as it is, on lines of its own; can be pasted. */
  readonly code?: string | undefined
}

export interface List {
  readonly kind: 'list'
  readonly items: readonly ListItem[]
}

export interface Table {
  readonly kind: 'table'
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Text[])[]
}

export type Block = Paragraph | List | Table

/** How a section or the verdict is marked. */
export type Mood = 'good' | 'bad' | 'attention' | 'plain'

export interface Section {
  /** Stable kebab-case word, the section's anchor. */
  readonly id: string
  readonly title: string
  readonly mood: Mood
  /** Folded until it is asked for, where the medium can fold. */
  readonly folded: boolean
  readonly blocks: readonly Block[]
}

export interface Contents {
  readonly mood: Mood
  /** The first line: everything that a reader in a hurry needs. */
  readonly verdict: string
  /** The same piece by piece: whether it worked, then the figures. */
  readonly facts: readonly string[]
  readonly sections: readonly Section[]
}

/** How much of long lists and texts is shown. */
export interface Limits {
  /** Entries of one list or table. */
  readonly entries: number
  /** Findings of one kind. */
  readonly ofOneKind: number
  /** Characters of one name or value. */
  readonly characters: number
  /** Characters of one message, and of what to do about it. */
  readonly prose: number
  /** Where everything is, for the word that says what was cut. */
  readonly rest: string
}

/** A paragraph. */
export const paragraph = (...text: Inline[]): Paragraph => ({ kind: 'paragraph', text })

/** A column of words. */
export const words = (title: string): Column => ({ title, align: 'left' })

/** A column of figures. */
export const figures = (title: string): Column => ({ title, align: 'right' })
