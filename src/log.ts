/** The log as the phases see it: a handful of functions, so that tests and other front ends can pass their own. */

type Line = (message: string) => void

/** Work that takes a while, for a terminal that shows how far it is. */
export interface ShownWork {
  readonly what: string
  /** Bytes or tables; null where nobody knows. */
  readonly total: number | null
  readonly unit?: 'bytes' | 'tables'
  readonly done: () => number
}

export interface Log {
  readonly info: Line
  readonly notice: Line
  readonly warning: Line
  readonly error: Line
  readonly debug: Line
  /** Shows the work until the returned function is called. */
  readonly show: (work: ShownWork) => () => void
  /** Folds what the work prints under one title. */
  readonly group: <T>(title: string, work: () => Promise<T>) => Promise<T>
}

/**
 * A log whose lines begin with a name, for work that runs beside other work: groups cannot be interleaved, and a line
 * has to say whose it is. Lines that begin with the name already do not get it twice. What has several lines or is a
 * statement, as a remedy that is to be pasted, stands below the name. `shown` is how the name is to be read.
 */
export function namedLog(log: Log, name: string, shown = name): Log {
  const starts = [shown, name].map((each) => `${each}: `)
  const named =
    (line: Line): Line =>
    (message) => {
      const start = starts.find((each) => message.startsWith(each)) ?? ''
      line(`${shown}: ${message.slice(start.length)}`)
    }
  const info = named(log.info)
  return {
    ...eachLine(log, named),
    info(message) {
      if (/\n|;$/.test(message)) log.info(`${shown}:\n${message}`)
      else info(message)
    },
  }
}

function eachLine(log: Log, change: (line: Line) => Line): Log {
  return {
    info: change(log.info),
    notice: change(log.notice),
    warning: change(log.warning),
    error: change(log.error),
    debug: change(log.debug),
    show: (work) => log.show(work),
    group: (title, work) => log.group(title, work),
  }
}

/** A log that keeps its lines until `release`, and passes them on from then; what is shown on a terminal is shown at once. */
export function heldLog(log: Log): { readonly log: Log; readonly release: () => void } {
  const kept: (() => void)[] = []
  let isHeld = true
  const held =
    (line: Line): Line =>
    (message) => {
      if (!isHeld) line(message)
      else
        kept.push(() => {
          line(message)
        })
    }
  const release = () => {
    isHeld = false
    for (const say of kept.splice(0)) say()
  }
  return { log: eachLine(log, held), release }
}

/** A log that keeps nothing. */
export const silentLog: Log = {
  info: () => undefined,
  notice: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  debug: () => undefined,
  show: () => () => undefined,
  group: (_title, work) => work(),
}
