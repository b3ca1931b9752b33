/** The exit codes of the command line. */
import type { Report } from '../report/index.js'

/** Every code with its meaning, for the help and the documentation. */
export const exitCodes = [
  { code: 0, meaning: 'passed' },
  { code: 1, meaning: 'failed, or source and target differ' },
  { code: 2, meaning: 'the arguments cannot be used; nothing was connected to' },
  { code: 129, meaning: 'cancelled by SIGHUP (the terminal was closed), and cleared up' },
  { code: 130, meaning: 'cancelled by SIGINT (Ctrl-C), and cleared up' },
  { code: 131, meaning: 'cancelled by SIGQUIT (Ctrl-\\), and cleared up' },
  { code: 143, meaning: 'cancelled by SIGTERM, and cleared up' },
] as const

export type ExitCode = (typeof exitCodes)[number]['code']

const bySignal: Readonly<Record<string, ExitCode>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGQUIT: 131,
  SIGTERM: 143,
}

/** The exit code of a run; a shell's convention for the one that a signal has cancelled. */
export function exitCodeOf(report: Report, cancelledBy: string | undefined): ExitCode {
  if (report.result === 'passed') return 0
  return (cancelledBy === undefined ? undefined : bySignal[cancelledBy]) ?? 1
}
