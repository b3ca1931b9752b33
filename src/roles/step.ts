/** One statement of moving roles, and what the report needs to know about it. */
import type { NamedValue } from '../telling/settings.js'
import type { RoleAttributes } from './role.js'

/** `create` and `alter` set what any administrator may; `attribute` is one word that the target may refuse. */
export type StepKind =
  'create' | 'alter' | 'membership' | 'password' | 'setting' | 'comment' | 'parameter' | 'attribute'

/** What the statement is about, where the target lets only some roles do that. */
export type StepSubject =
  | { readonly kind: 'attribute'; readonly attribute: keyof RoleAttributes }
  | {
      readonly kind: 'membership'
      readonly role: string
      readonly inherit: boolean
      readonly set: boolean
    }
  | { readonly kind: 'parameter'; readonly parameter: string; readonly privilege: string }

export interface Step {
  readonly kind: StepKind
  /** The role that the report names. */
  readonly role: string
  /** Every role that must be on the target for this statement to make sense. */
  readonly needs: readonly string[]
  /** What is carried over, as the object of a sentence: `the setting "work_mem"`. */
  readonly what: string
  readonly sql: string
  readonly subject?: StepSubject
  /** Of a step that makes a setting. */
  readonly setting?: NamedValue
  /** The part of the statement that no log and no error may show. */
  readonly secret?: string
  /** What the target has in its place before the statement; absent where that is nothing, or is not read. */
  readonly replaces?: string | null | undefined
  /** Of a password: whether the role has one on the target already; undefined where it has no role, or does not say. */
  readonly onTarget?: boolean
}

/** A role, or a part of it, that is not carried over. */
export interface SkippedRole {
  readonly role: string
  readonly reason: string
}
