/** Cells that several tables share. */
import type { Text } from '../document.js'
import { formatBytes, formatDuration } from '../format.js'

/** What stands where there is nothing to say. */
export const NONE: Text = ['–']

/** A duration in seconds, or a dash where it is not known. */
export const durationCell = (seconds: number | null): Text =>
  seconds === null ? NONE : [formatDuration(seconds)]

/** A size in bytes, or a dash where it is not known. */
export const sizeCell = (bytes: number | null | undefined): Text =>
  bytes === null || bytes === undefined ? NONE : [formatBytes(bytes)]
