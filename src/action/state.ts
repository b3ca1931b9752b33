/** What main tells post: a closed list of keys, and never a secret. */
import * as core from '@actions/core'

type Key = 'is-post' | 'work-directory' | 'application-name'

/** True in the post step: the runner hands main's state to it. */
export function isPost(): boolean {
  return readState('is-post') === 'true'
}

export function saveState(key: Key, value: string): void {
  core.saveState(key, value)
}

export function readState(key: Key): string {
  return core.getState(key)
}
