/** Server parameters that a role of the run may not read, so that nobody knows whether they differ. */
import type { SettingReport } from './report.js'

/** What stands in place of a value. */
export const notVisible = '(not visible)' as const

const isHidden = ({ source, target }: SettingReport): boolean =>
  source === notVisible || target === notVisible

/** How many parameters differ, and of how many that is not known. */
export function countSettings(settings: readonly SettingReport[]): {
  readonly different: number
  readonly hidden: number
} {
  const hidden = settings.filter(isHidden).length
  return { different: settings.length - hidden, hidden }
}

/** The counts as a sentence of the log. */
export function toldCounts(settings: readonly SettingReport[]): string {
  const { different, hidden } = countSettings(settings)
  const differ = `${different} server ${different === 1 ? 'parameter differs' : 'parameters differ'}`
  if (hidden === 0) return `${differ}.`
  return `${differ}; ${hidden} more ${hidden === 1 ? 'is' : 'are'} hidden from a role of the run, as the report says.`
}
