/** The log as the phases see it: a handful of functions, so that tests and other front ends can pass their own. */

type Line = (message: string) => void

export interface Log {
  readonly info: Line
  readonly notice: Line
  readonly warning: Line
  readonly error: Line
  readonly debug: Line
  /** Folds what the work prints under one title. */
  readonly group: <T>(title: string, work: () => Promise<T>) => Promise<T>
}

/** A log that keeps nothing. */
export const silentLog: Log = {
  info: () => undefined,
  notice: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  debug: () => undefined,
  group: (_title, work) => work(),
}
