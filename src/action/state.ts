/** What main tells post: a closed list of keys, and never a secret. */
import * as core from '@actions/core'

type Key = 'is-post' | 'work-directory' | 'application-name'

/** True in the post step: the runner hands main's state to it. */
export function isPost(): boolean {
  return readState('is-post') === 'true'
}

/** Keeps a value for the post step. */
export function saveState(key: Key, value: string): void {
  core.saveState(key, value)
}

/** The value that main has kept; empty where there is none. */
export function readState(key: Key): string {
  return core.getState(key)
}
