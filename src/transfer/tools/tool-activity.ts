/** Reads from the verbose output of pg_dump and pg_restore what they are working on. */
import type { TransferOptions } from '../transfer.js'

const activities = [
  /^pg_(?:dump|restore): (?:\[[^\]]*\] )?(dumping contents of table .*)$/s,
  /^pg_(?:dump|restore): (?:\[[^\]]*\] )?(processing data for table .*)$/s,
  /^pg_(?:dump|restore): (?:\[[^\]]*\] )?(creating (?:[A-Z]+ )+.*)$/s,
  /^pg_(?:dump|restore): (?:\[[^\]]*\] )?(executing .*|saving large objects.*|reading .*)$/s,
]

/** A listener for the lines of a tool that keeps the progress line's activity up to date. */
export function activityOf(options: Pick<TransferOptions, 'onActivity'>): (line: string) => void {
  return (line) => {
    for (const pattern of activities) {
      const activity = pattern.exec(line)?.[1]
      if (activity !== undefined) options.onActivity(activity)
    }
  }
}
